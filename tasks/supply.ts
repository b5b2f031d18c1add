import { scope } from "hardhat/config";

import { onMesh } from "./define";
import { RAW } from "./options";

onMesh(
  scope("supply", "Whether every share that was issued is accounted for.").task(
    "audit",
    "Counts the shares on every chain and in flight, message by message. Exits 0 if all are there, 2 if not, 1 if that is unknown.",
  ),
  { raw: RAW },
  async (typed, open) => {
    const { isIncomplete, showAudit } = await import("../lib/cli/supply/audit");
    const { isConserved } = await import("../lib/supply/audit");
    return open((session) => showAudit(session, typed), {
      partly: true,
      drift: (audit) => !isIncomplete(audit) && !isConserved(audit),
      failed: isIncomplete,
    });
  },
);
