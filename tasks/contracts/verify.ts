import type { VerifyArguments } from "../../lib/hardhat/verifyContracts";
import { JSON_FLAG, MESH } from "../options";

import { contractsScope } from "./scope";

contractsScope
  .task(
    "verify",
    "Compares the code of every contract with what this checkout compiles to, and names the first difference. Exits 2 if there is one, 1 if a chain was not read.",
  )
  .addOptionalParam(MESH.name, MESH.description, MESH.byDefault)
  .addFlag(
    "explorer",
    "Then submit the contracts of one network to its block explorer: add --network, for example op-sepolia.",
  )
  .addFlag(...JSON_FLAG)
  .setAction(async (args: VerifyArguments, hre) => {
    const { runVerify } = await import("../../lib/hardhat/verifyContracts");
    return runVerify(hre, args);
  });
