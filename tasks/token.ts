import { scope } from "hardhat/config";

import { define, onMesh } from "./define";
import { JSON_FLAG, MESH, YES, defaulted, flag, optional, required } from "./options";

/** Tasks about the token itself. */
const token = scope("token", "The token of a mesh, on one chain or on all.");

/** The chains that a task works on, one by one. */
const CHAINS = {
  chain: optional("Network name, for example op-sepolia."),
  all: flag("Every chain of the mesh, in parallel."),
  mesh: MESH,
  yes: YES,
  json: JSON_FLAG,
};

onMesh(
  token.task("mint", "Issues tokens on the home chain, for example --to 0x… --amount 12.5."),
  {
    to: required("Account that receives them (0x…)."),
    amount: required("Amount in tokens, for example 12.5."),
    account: optional("Account that issues (0x…); the mesh file's issuer by default."),
    again: flag("Issue although the issuer's last transaction was the same, or is unknown."),
    whilePending: flag("Issue although a scheduled rebase would change what is issued."),
    yes: YES,
  },
  async (typed, open) => {
    const { mintTokens, typedIssue } = await import("../lib/cli/token/mint");
    return open((session, confirm) => mintTokens(session, { ...typed, confirm }), {
      check: (config) => typedIssue(config, typed),
    });
  },
);

const PAUSE = {
  pause:
    "Pauses all transfers of the token on one chain or on all, for example --chain op-sepolia. Exits 1 if a chain fails.",
  unpause:
    "Unpauses the token on one chain or on all, for example --chain op-sepolia. Exits 1 if a chain fails.",
};

for (const action of ["pause", "unpause"] as const) {
  define(
    token.task(action, PAUSE[action]),
    {
      ...CHAINS,
      account: optional(
        "Account that signs (0x…); by default one that may and whose key is available.",
      ),
    },
    async (typed, hre) => {
      const { runPause } = await import("../lib/hardhat/pause");
      return runPause(hre, action, typed);
    },
  );
}

define(
  token.task(
    "upgrade",
    "Deploys a newer implementation, its storage and functions checked, then upgrades through the timelock: `deploy --replace --tags token` and `mesh apply`. Exits 2 if steps wait.",
  ),
  {
    ...CHAINS,
    contract: defaulted("The contract of this checkout that is to run.", "RebaseToken"),
    migration: defaulted(
      "Call to the new version in the upgrade transaction, ABI-encoded, for example 0x8129fc1c.",
      "0x",
    ),
    wait: flag("Wait for delays instead of ending; local networks always wait."),
  },
  async ({ chain, all, contract, migration, ...options }, hre) => {
    const { meshByName } = await import("../config/meshes");
    const { chosenMembers } = await import("../lib/core/mesh/members");
    const { upgradesOn } = await import("../lib/mesh/selection");
    const { deployAndApply } = await import("../lib/hardhat/deployAndApply");
    const networks = chosenMembers(meshByName(options.mesh), { chain, all });
    const deploy = ["--tags", "token", "--contract", contract, "--migration", migration];
    const only = upgradesOn(networks);
    return deployAndApply(hre, { ...options, allowDestructive: false, networks, deploy, only });
  },
);
