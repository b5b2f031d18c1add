import { extendProvider, task } from "hardhat/config";

import { keepRecordsByMesh } from "../lib/hardhat/chosenMesh";
import type { DeployArguments } from "../lib/hardhat/deployOptions";

import { define } from "./define";
import { YES, flag, optional } from "./options";

keepRecordsByMesh();

define(
  task(
    "deploy",
    "Deploys the contracts of a mesh that belong on --network, and records them in deployments/<mesh>/<network>.",
  ),
  {
    mesh: optional(
      "Name of a mesh file in config/meshes; needed where more than one names the network.",
    ),
    pending: optional(
      "What to do about a transaction that an interrupted run has left pending: wait, speed-up or cancel.",
    ),
    replace: flag("Deploy a newer pool or token (--tags) than is on record, for mesh plan."),
    again: flag("Replace a pool by the same code."),
    contract: optional("The contract that the token is to run."),
    migration: optional("What it is called with as it takes over, ABI-encoded."),
    yes: YES,
  },
  async (typed, hre, runSuper) => {
    const { runDeploy } = await import("../lib/hardhat/deploy");
    // The task of hardhat-deploy that this one extends has options of its own.
    await runDeploy(hre, typed as typeof typed & DeployArguments, runSuper);
  },
);

extendProvider(async (provider, _config, network) => {
  if (!process.env.DEPLOYER_LEDGER) return provider;
  const { deployerProvider } = await import("../lib/hardhat/keys");
  return deployerProvider(provider, network);
});
