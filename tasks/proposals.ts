import { scope } from "hardhat/config";

import { isPartial, onMesh } from "./define";
import { YES, flag, optional, required } from "./options";

/** Tasks about what home proposes to the timelocks of satellites. */
const proposals = scope("proposals", "What home proposes to the timelocks of satellites.");

onMesh(
  proposals.task(
    "show",
    "Shows the proposals of home: calls, state and times. Exits 2 if one was not sent, has failed, or waits for one that is not done, and 1 if a chain was not read.",
  ),
  { chain: optional("Network name of a satellite; all of them by default.") },
  async ({ chain, json }, open) => {
    const { requireSatellites } = await import("../lib/core/mesh/mesh");
    const { showProposals } = await import("../lib/cli/proposals/show");
    return open(
      (session) => showProposals(session, { chains: requireSatellites(session.mesh, chain), json }),
      { partly: true, drift: ({ stuck }) => stuck > 0, failed: isPartial },
    );
  },
);

const ACTIONS = {
  resend: "Sends a proposal again that was not sent or has failed, as anyone who pays CCIP's fee.",
  execute: "Executes a proposal that is due at the timelock of its satellite, as an executor.",
  cancel: "Cancels a proposal at its satellite, also before it arrives, as a canceller.",
};

for (const action of ["resend", "execute", "cancel"] as const) {
  onMesh(
    proposals.task(action, ACTIONS[action]),
    {
      chain: required("Network name of the satellite."),
      nonce: required("Number of the proposal for this satellite, for example 1."),
      account: optional(
        "Account that signs (0x…); the operator, operations or the guardian by default.",
      ),
      again: flag("With resend: although it is on its way."),
      yes: YES,
    },
    async ({ chain: name, nonce, account, again, json }, open) => {
      const { requireSatellites } = await import("../lib/core/mesh/mesh");
      const { parseOptionalAddress } = await import("../lib/core/input/address");
      const { parseWhole } = await import("../lib/core/input/decimal");
      const { actOnProposal } = await import("../lib/cli/proposals/act");
      const number = parseWhole(nonce, { least: 1n, most: 2n ** 64n - 1n, option: "--nonce" });
      return open(
        async (session, confirm) => {
          for (const chain of requireSatellites(session.mesh, name)) {
            await actOnProposal(session, {
              action,
              chain,
              nonce: number,
              account: parseOptionalAddress(account, { option: "--account" }),
              again,
              confirm,
              json,
            });
          }
        },
        // Other satellites are not needed, and a cancellation must go through also while home does not answer.
        { partly: true },
      );
    },
  );
}
