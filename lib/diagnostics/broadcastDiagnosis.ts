import { command } from "../core/recovery";
import type { Recovery } from "../core/recovery";

import { isSameIndex } from "../mesh/components/circuitBreaker";
import { plainly } from "./diagnosis";
import type { Diagnosis } from "./diagnosis";
import type { BroadcastFacts, MessageFacts } from "./facts";

/** Diagnoses a broadcast that CCIP counts as executed, which does not prove that the receiver was called. */
export function diagnoseExecutedBroadcast(facts: MessageFacts, payload: BroadcastFacts): Diagnosis {
  const { destination, mesh, message } = facts;
  const { decodedBroadcast, epoch, homeEpoch, receiverOutcome, isAddressed, hasCode, missed } =
    payload;
  const executed = `It was executed on ${destination}`;
  const again = (note: string): Recovery => ({
    command: command("rebase broadcast", { mesh: mesh.name }),
    note,
  });
  const catchUp =
    epoch < homeEpoch
      ? [again(`home is at epoch ${homeEpoch} by now, and ${destination} at ${epoch}`)]
      : [];
  switch (receiverOutcome) {
    case "applied":
      return {
        verdict: "executed",
        what: `${executed}, which took epoch ${decodedBroadcast?.epoch}.`,
        why: missed.map(
          ({ listener, reason, isUntold }) =>
            `It did not tell listener ${listener}: ${reason}${isUntold ? "" : ". It has been told since"}.`,
        ),
        remedies: [
          ...(missed.some(({ isUntold }) => isUntold)
            ? [
                {
                  command: command("notifier notify", { chain: destination, mesh: mesh.name }),
                  note: "calls the listeners that were not told; anyone may",
                },
              ]
            : []),
          ...catchUp,
        ],
      };
    case "ignored":
      if (isHeldUp(payload)) return diagnoseQuarantined(facts, payload, catchUp);
      return plainly(
        "superseded",
        `${executed}, which was at epoch ${decodedBroadcast?.epoch} or a newer one already: it changed nothing, as it should.`,
        catchUp,
      );
    case "conflicted":
      return {
        verdict: "without effect",
        what: `${executed}, and brought another index for epoch ${decodedBroadcast?.epoch} than the one that ${isHeldUp(payload) ? "was held back" : "is in force"} there: nothing was changed.`,
        why: [
          "An honest home never has two indexes for one epoch: the broadcaster, the lane or CCIP was taken over.",
        ],
        remedies: [
          ...(isHeldUp(payload) ? [showHeld(facts)] : []),
          {
            command: command("token pause", { chain: destination, mesh: mesh.name }),
            note: "until it is known which of the two is true",
          },
        ],
      };
    case "quarantined":
      return diagnoseQuarantined(facts, payload, catchUp);
    case "dropped":
      return plainly(
        "without effect",
        `${executed}, which dropped it: its epoch or its time is too far ahead, or its index is none that the token takes. An honest home sends no such broadcast.`,
        catchUp,
      );
    case "outdated":
      return plainly(
        "superseded",
        `${executed}, which dropped it: it was sent before the admin of the token replaced the index there.`,
        catchUp,
      );
    case undefined:
      return plainly(
        "executed",
        `${executed}, which is at epoch ${epoch}. Its effect on the receiver is unknown, because the endpoint of ${destination} leaves out the log of the execution.`,
        catchUp,
      );
    case "not called": {
      const isMadeUp = isOvertaken(payload);
      const kind = hasCode ? "that does not say by ERC-165 that it takes messages" : "without code";
      const whose = isAddressed ? "" : `, which is not the receiver of ${destination}`;
      const apply = {
        command: command("mesh apply", { mesh: mesh.name }),
        note: "makes the broadcaster send to the receiver",
      };
      return {
        verdict: isMadeUp ? "superseded" : "without effect",
        what: `CCIP counts it as executed, and called no receiver on ${destination}.`,
        why: [
          `CCIP passes over a receiver ${kind}: it was sent to ${message.receiver}${whose}.`,
          ...(isMadeUp
            ? [`A later broadcast has brought ${destination} to epoch ${epoch} since.`]
            : []),
        ],
        remedies: isMadeUp
          ? catchUp
          : [
              ...(isAddressed ? [] : [apply]),
              again("sends the index again: this message cannot be executed twice"),
            ],
      };
    }
  }
}

/** Diagnoses a broadcast that was outside of the band of the receiver. */
function diagnoseQuarantined(
  facts: MessageFacts,
  { decodedBroadcast, epoch, held, receiverOutcome }: BroadcastFacts,
  catchUp: readonly Recovery[],
): Diagnosis {
  const { destination, mesh } = facts;
  const named = decodedBroadcast?.epoch;
  const executed = `It was executed on ${destination}, and its index is outside of the band of the receiver`;
  const isHeld = held !== undefined && decodedBroadcast && isSameIndex(held, decodedBroadcast);
  if (!isHeld && held && receiverOutcome === "ignored") {
    return {
      verdict: "blocked",
      what: `${executed}: it changed nothing, because epoch ${held.epoch}, which is held back there, takes precedence. ${destination} is at epoch ${epoch}.`,
      why: [],
      remedies: [showHeld(facts), ...catchUp],
    };
  }
  if (!isHeld) {
    const other = held && held.epoch !== named ? ` It holds back epoch ${held.epoch} now.` : "";
    return plainly(
      "superseded",
      `${executed}: it was held back, and is not any more. ${destination} is at epoch ${epoch}.${other}`,
      catchUp,
    );
  }
  const task = (name: string, note: string): Recovery => ({
    command: command(name, { chain: destination, epoch: named, mesh: mesh.name }),
    note,
  });
  return {
    verdict: "blocked",
    what: held.isRejected
      ? `${executed}: it was held back, and rejected.`
      : `${executed}: epoch ${named} is held back until a person decides.`,
    why: [
      "An honest home leaves the band only after the satellite missed more rebases than the band allows at once.",
    ],
    remedies: [
      showHeld(facts),
      task(
        "receiver accept",
        "if it is true: operations, or the timelock where it is far away or was rejected",
      ),
      ...(held.isRejected ? [] : [task("receiver reject", "if it is not: the guardian")]),
    ],
  };
}

/** Returns whether a broadcast that was not applied is newer than what the satellite has: it met one that is held back. */
function isHeldUp({ decodedBroadcast, epoch }: BroadcastFacts): boolean {
  return decodedBroadcast !== undefined && decodedBroadcast.epoch > epoch;
}

function showHeld({ destination, mesh }: MessageFacts): Recovery {
  return {
    command: command("receiver show", { chain: destination, mesh: mesh.name }),
    note: "shows what is held back, compared with home",
  };
}

/** Returns whether the satellite has the epoch of a broadcast, or a newer one. */
export function isOvertaken({ decodedBroadcast, epoch }: BroadcastFacts): boolean {
  return decodedBroadcast !== undefined && epoch >= decodedBroadcast.epoch;
}
