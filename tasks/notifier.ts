import { scope } from "hardhat/config";

import { isPartial, onMesh } from "./define";
import { YES, flag, optional } from "./options";

/** Tasks about the notifiers, which tell contracts of the index that counts. */
const notifier = scope("notifier", "The contracts that are told of every index.");

onMesh(
  notifier.task(
    "show",
    "Shows the listeners of every chain, or of one, for example --chain op-sepolia: what they were told last, and which fail. Exits 2 if one was not told of the index that counts, 1 if a chain was not read.",
  ),
  { chain: optional("Network name; all chains by default.") },
  async ({ chain, json }, open) => {
    const { chainsOf, requireChain } = await import("../lib/core/mesh/mesh");
    const { showListeners } = await import("../lib/cli/notifier/show");
    return open(
      (session) => {
        const { mesh } = session;
        const chains =
          chain === undefined ? chainsOf(mesh) : [requireChain(mesh, chain, "--chain")];
        return showListeners(session, { chains, json });
      },
      { partly: true, drift: ({ untold }) => untold > 0, failed: isPartial },
    );
  },
);

onMesh(
  notifier.task(
    "notify",
    "Calls the listeners that were not told, on one chain or on all, for example --chain op-sepolia; anyone may. Exits 2 if one fails or is skipped, 1 if a chain fails.",
  ),
  {
    chain: optional("Network name of the chain."),
    all: flag("On every chain."),
    yes: YES,
  },
  async ({ chain, all, json }, open) => {
    const { chosenMembers } = await import("../lib/core/mesh/members");
    const { chainsOf } = await import("../lib/core/mesh/mesh");
    const { isLeftUntold, notifyChains } = await import("../lib/cli/notifier/notify");
    return open(
      (session, confirm) => {
        const { mesh } = session;
        const names = chosenMembers(mesh.config, { chain, all });
        const chains = chainsOf(mesh).filter(({ name }) => names.includes(name));
        return notifyChains(session, { chains, json, confirm });
      },
      {
        partly: true,
        check: (config) => chosenMembers(config, { chain, all }),
        drift: (outcomes) => outcomes.some(isLeftUntold),
        failed: (outcomes) => outcomes.some(({ status }) => status === "failed"),
      },
    );
  },
);
