import type { PauseArguments } from "../../lib/hardhat/pause";
import { ACCOUNT, JSON_FLAG, MESH, YES_FLAG } from "../options";

import { ALL_FLAG, CHAIN, tokenScope } from "./scope";

tokenScope
  .task(
    "unpause",
    "Lets the token move again on one chain or on all, for example --chain op-sepolia. Exits 1 if a chain fails.",
  )
  .addOptionalParam(CHAIN.name, CHAIN.description)
  .addFlag(...ALL_FLAG)
  .addOptionalParam(ACCOUNT.name, ACCOUNT.description)
  .addOptionalParam(MESH.name, MESH.description, MESH.byDefault)
  .addFlag(...YES_FLAG)
  .addFlag(...JSON_FLAG)
  .setAction(async (args: PauseArguments, hre) => {
    const { runPause } = await import("../../lib/hardhat/pause");
    return runPause(hre, "unpause", args);
  });
