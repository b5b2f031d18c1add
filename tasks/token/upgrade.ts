import { JSON_FLAG, MESH, YES_FLAG } from "../options";

import { ALL_FLAG, CHAIN, tokenScope } from "./scope";

interface UpgradeArguments {
  readonly mesh: string;
  readonly chain?: string;
  readonly all: boolean;
  readonly contract: string;
  readonly migration: string;
  readonly wait: boolean;
  readonly yes: boolean;
  readonly json: boolean;
}

tokenScope
  .task(
    "upgrade",
    "Deploys a newer implementation, its storage and functions checked, then upgrades through the timelock: `deploy --replace --tags token` and `mesh apply`. Exits 2 if steps wait.",
  )
  .addOptionalParam(CHAIN.name, CHAIN.description)
  .addFlag(...ALL_FLAG)
  .addOptionalParam("contract", "The contract of this checkout that is to run.", "RebaseToken")
  .addOptionalParam(
    "migration",
    "What the new version is called with as it takes over, ABI-encoded, for example 0x8129fc1c.",
    "0x",
  )
  .addOptionalParam(MESH.name, MESH.description, MESH.byDefault)
  .addFlag("wait", "Wait for delays instead of ending; local networks always wait.")
  .addFlag(...YES_FLAG)
  .addFlag(...JSON_FLAG)
  .setAction(
    async ({ mesh, chain, all, contract, migration, ...options }: UpgradeArguments, hre) => {
      const { orFail } = await import("../../lib/cli/failure");
      const { meshByName } = await import("../../config/meshes");
      const { chosenMembers } = await import("../../lib/core/mesh/members");
      const { upgradesOn } = await import("../../lib/mesh/selection");
      const { deployAndApply } = await import("../../lib/hardhat/deployAndApply");
      return orFail(async () => {
        const networks = chosenMembers(meshByName(mesh), { chain, all });
        const deploy = ["--tags", "token", "--contract", contract, "--migration", migration];
        const only = upgradesOn(networks);
        return deployAndApply(hre, {
          ...options,
          allowDestructive: false,
          mesh,
          networks,
          deploy,
          only,
        });
      });
    },
  );
