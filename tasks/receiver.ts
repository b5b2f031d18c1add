import { scope } from "hardhat/config";

import { onMesh } from "./define";
import { YES, optional, required } from "./options";

/** Tasks about the receivers of satellites. */
const receiver = scope("receiver", "The receivers of satellites, and what they hold back.");

onMesh(
  receiver.task(
    "show",
    "Shows what the receivers of satellites believe and hold back. Exits 2 if one holds anything back.",
  ),
  { chain: optional("Network name of a satellite; all of them by default.") },
  async ({ chain, json }, open) => {
    const { requireSatellites } = await import("../lib/core/mesh/mesh");
    const { showReceivers } = await import("../lib/cli/receiver/show");
    return open(
      (session) => showReceivers(session, { chains: requireSatellites(session.mesh, chain), json }),
      { drift: ({ held }) => held > 0 },
    );
  },
);

const DECISIONS = {
  accept: "Accepts the broadcast that a satellite holds back, as the unpauser or the owner.",
  reject: "Rejects the broadcast that a satellite holds back, as the guardian or the owner.",
};

for (const decision of ["accept", "reject"] as const) {
  onMesh(
    receiver.task(decision, DECISIONS[decision]),
    {
      chain: required("Network name of the satellite."),
      account: optional(
        "Account that signs (0x…); the mesh file's operations or guardian by default.",
      ),
      yes: YES,
    },
    async ({ chain: name, account, json }, open) => {
      const { requireSatellites } = await import("../lib/core/mesh/mesh");
      const { parseOptionalAddress } = await import("../lib/core/input/address");
      const { decideReceiver } = await import("../lib/cli/receiver/decide");
      return open(async (session, confirm) => {
        for (const chain of requireSatellites(session.mesh, name)) {
          await decideReceiver(session, {
            chain,
            decision,
            account: parseOptionalAddress(account, { option: "--account" }),
            confirm,
            json,
          });
        }
      });
    },
  );
}
