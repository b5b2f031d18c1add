import { scope } from "hardhat/config";

import { isPartial, onMesh } from "./define";
import { DECISION, flag, optional, required } from "./options";

/** Tasks about the receivers of satellites. */
const receiver = scope("receiver", "The receivers of satellites, and what they hold back.");

onMesh(
  receiver.task(
    "show",
    "Shows the band of each receiver, what it holds back, and when home last confirmed it. Exits 2 while a person has to decide, 1 if a chain was not read.",
  ),
  { chain: optional("Network name of a satellite; all of them by default.") },
  async ({ chain, json }, open) => {
    const { requireSatellites } = await import("../lib/core/mesh/mesh");
    const { showReceivers } = await import("../lib/cli/receiver/show");
    return open(
      (session) => showReceivers(session, { chains: requireSatellites(session.mesh, chain), json }),
      { partly: true, drift: ({ undecided }) => undecided.length > 0, failed: isPartial },
    );
  },
);

const SATELLITE = required("Network name of the satellite.");

const DECISIONS = {
  accept:
    "Accepts the broadcast that a satellite holds back, as operations; beyond the steps by hand by a proposal to the timelock. Exits 2 while that waits.",
  reject: "Rejects the broadcast that a satellite holds back, as the guardian.",
};

for (const decision of ["accept", "reject"] as const) {
  onMesh(
    receiver.task(decision, DECISIONS[decision]),
    {
      chain: SATELLITE,
      epoch: optional("Epoch that is meant: 7. Whatever is held back by default."),
      account: optional(
        "Account that signs (0x…); the mesh file's operations or guardian by default.",
      ),
      ...DECISION,
    },
    async ({ chain, epoch, account, ...typed }, open) => {
      const { requireSatellite } = await import("../lib/core/mesh/mesh");
      const { parseOptionalAddress } = await import("../lib/core/input/address");
      const { parseWhole } = await import("../lib/core/input/decimal");
      const { decideQuarantine } = await import("../lib/cli/receiver/decide");
      const chosen = {
        decision,
        account: parseOptionalAddress(account, { option: "--account" }),
        epoch: epoch === undefined ? undefined : parseWhole(epoch, { option: "--epoch" }),
      };
      return open(
        (session, confirm) =>
          decideQuarantine(session, {
            ...typed,
            ...chosen,
            chain: requireSatellite(session.mesh, chain),
            confirm,
          }),
        { partly: true, drift: ({ open: left }) => typed.out === undefined && left.length > 0 },
      );
    },
  );
}

onMesh(
  receiver.task(
    "resync",
    "Replaces the index of a satellite by that of home and begins a new generation, which drops every message sent before: for a home or lane that was taken over. By a proposal to the timelock; exits 2 while it waits.",
  ),
  {
    chain: SATELLITE,
    again: flag("Begin a new generation although the satellite has the index of home."),
    ...DECISION,
  },
  async ({ chain, ...typed }, open) => {
    const { requireSatellite } = await import("../lib/core/mesh/mesh");
    const { resyncReceiver } = await import("../lib/cli/receiver/decide");
    return open(
      (session, confirm) =>
        resyncReceiver(session, {
          ...typed,
          chain: requireSatellite(session.mesh, chain),
          confirm,
        }),
      { drift: ({ open: left }) => typed.out === undefined && left.length > 0 },
    );
  },
);
