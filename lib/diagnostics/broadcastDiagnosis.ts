import { command } from "../core/recovery";
import type { Recovery } from "../core/recovery";

import type { Diagnosis } from "./diagnosis";
import type { BroadcastFacts, MessageFacts } from "./facts";

/** Diagnoses a broadcast that CCIP counts as executed, which does not prove that the receiver was called. */
export function diagnoseExecutedBroadcast(facts: MessageFacts, payload: BroadcastFacts): Diagnosis {
  const { destination, mesh } = facts;
  const { decodedBroadcast, epoch, homeEpoch, receiverOutcome } = payload;
  const catchUp =
    epoch < homeEpoch
      ? [
          broadcastAgain(
            mesh.name,
            `home is at epoch ${homeEpoch} by now, and ${destination} at ${epoch}`,
          ),
        ]
      : [];
  switch (receiverOutcome) {
    case "applied":
      return {
        verdict: "executed",
        what: `It was executed on ${destination}, which took epoch ${decodedBroadcast?.epoch}.`,
        why: [],
        remedies: catchUp,
      };
    case "ignored":
      return {
        verdict: "superseded",
        what: `It was executed on ${destination}, which was at epoch ${decodedBroadcast?.epoch} or a newer one already: it changed nothing, as it should.`,
        why: [],
        remedies: catchUp,
      };
    case "conflicted":
      return {
        verdict: "without effect",
        what: `It was executed on ${destination}, and brought another index for epoch ${decodedBroadcast?.epoch} than the one that is in force there: nothing was changed.`,
        why: [
          "An honest home never has two indexes for one epoch: the broadcaster, the lane or CCIP was taken over.",
        ],
        remedies: [
          {
            command: command("token pause", { chain: destination, mesh: mesh.name }),
            note: "until it is known which of the two is true",
          },
        ],
      };
    case undefined:
      return {
        verdict: "executed",
        what: `It was executed on ${destination}, which is at epoch ${epoch}. Its effect on the receiver is unknown, because the endpoint of ${destination} leaves out the log of the execution.`,
        why: [],
        remedies: catchUp,
      };
    case "not called":
      return diagnoseNotCalled(facts, payload, catchUp);
  }
}

/** Diagnoses a broadcast whose receiver CCIP skipped. */
function diagnoseNotCalled(
  { destination, mesh, message }: MessageFacts,
  payload: BroadcastFacts,
  catchUp: readonly Recovery[],
): Diagnosis {
  const receiver = `${message.receiver}${payload.isAddressed ? "" : `, which is not the receiver of ${destination}`}`;
  const kind = payload.hasCode
    ? "that does not say by ERC-165 that it takes messages"
    : "without code";
  const diagnosis = {
    what: `CCIP counts it as executed, and called no receiver on ${destination}.`,
    why: [`CCIP passes over a receiver ${kind}: it was sent to ${receiver}.`],
  };
  if (isOvertaken(payload)) {
    return {
      ...diagnosis,
      verdict: "superseded",
      why: [
        ...diagnosis.why,
        `A later broadcast has brought ${destination} to epoch ${payload.epoch} since.`,
      ],
      remedies: catchUp,
    };
  }
  const apply = {
    command: command("mesh apply", { mesh: mesh.name }),
    note: "makes the broadcaster send to the receiver",
  };
  return {
    ...diagnosis,
    verdict: "without effect",
    remedies: [
      ...(payload.isAddressed ? [] : [apply]),
      broadcastAgain(mesh.name, "sends the index again: this message cannot be executed twice"),
    ],
  };
}

/** Returns whether the satellite has the epoch of a broadcast, or a newer one. */
export function isOvertaken({ decodedBroadcast, epoch }: BroadcastFacts): boolean {
  return decodedBroadcast !== undefined && epoch >= decodedBroadcast.epoch;
}

/** Diagnoses a broadcast that is not executed and no longer needed. */
export function diagnoseOvertaken(
  { destination, state }: MessageFacts,
  { decodedBroadcast, epoch }: BroadcastFacts,
): Diagnosis {
  return {
    verdict: "superseded",
    what: `It ${state === "failure" ? "failed" : "has not been executed"}, and does not have to be: it brings epoch ${decodedBroadcast?.epoch}, and ${destination} is at ${epoch}.`,
    why: [],
    remedies: [],
  };
}

function broadcastAgain(mesh: string, note: string): Recovery {
  return { command: command("rebase broadcast", { mesh }), note };
}
