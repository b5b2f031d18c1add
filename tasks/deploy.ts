import { extendProvider, task, types } from "hardhat/config";

import { keepRecordsByMesh } from "../lib/hardhat/chosenMesh";
import type { DeployArguments } from "../lib/hardhat/deploy";

import { MESH, YES_FLAG } from "./options";

keepRecordsByMesh();

task(
  "deploy",
  "Deploys the contracts of a mesh that belong on --network, and records them in deployments/<mesh>/<network>.",
)
  .addOptionalParam(
    MESH.name,
    "Name of a mesh file in config/meshes; needed where more than one names the network.",
  )
  .addOptionalParam(
    "pending",
    "What to do about a transaction that an interrupted run has left pending: wait, speed-up or cancel.",
  )
  .addFlag("replace", "Deploy a newer pool or token (--tags) than is on record, for mesh plan.")
  .addFlag("again", "Replace a pool by the same code.")
  .addOptionalParam("contract", "The contract that the token is to run.", undefined, types.string)
  .addOptionalParam(
    "migration",
    "What it is called with as it takes over, ABI-encoded.",
    undefined,
    types.string,
  )
  .addFlag(...YES_FLAG)
  .setAction(async (args: DeployArguments, hre, runSuper) => {
    const { orFail } = await import("../lib/cli/failure");
    const { runDeploy } = await import("../lib/hardhat/deploy");
    await orFail(() => runDeploy(hre, args, runSuper));
  });

extendProvider(async (provider, _config, network) => {
  if (!process.env.DEPLOYER_LEDGER) return provider;
  const { deployerProvider } = await import("../lib/hardhat/deployerAccount");
  return deployerProvider(provider, network);
});
