import { command } from "../core/recovery";
import type { Recovery } from "../core/recovery";
import { timeText } from "../core/time";
import { isGone } from "../mesh/components/timelock/homeProposals";
import { behindText } from "../mesh/components/timelock/progress";

import { plainly } from "./diagnosis";
import type { Diagnosis } from "./diagnosis";
import type { MessageFacts, ProposalFacts } from "./facts";

/**
 * Diagnoses a message with a proposal whose execution would change nothing any more, or that was executed; undefined
 * while it has to be executed.
 */
export function diagnoseProposal(
  facts: MessageFacts,
  payload: ProposalFacts,
): Diagnosis | undefined {
  const { destination, mesh, message, state } = facts;
  const { data, status, outcome, isAddressed } = payload;
  const options = { chain: destination, nonce: data?.nonce, mesh: mesh.name };
  const proposal = `proposal ${data?.nonce ?? "that cannot be read"}`;
  const again: Recovery = {
    command: command("mesh apply", { mesh: mesh.name }),
    note: "proposes again what the mesh file still asks for",
  };
  const isExecuted = state === "success";
  const start = isExecuted
    ? `It was executed on ${destination}, and ${proposal}`
    : `It has not to be executed: ${proposal}`;
  if (isExecuted && (outcome === "not called" || !isAddressed)) {
    const whose = isAddressed ? "" : `, which is not the proposal receiver of ${destination}`;
    return {
      verdict: "without effect",
      what: `CCIP counts it as executed, and ${destination} did not take ${proposal}.`,
      why: [
        `It was sent to ${message.receiver}${whose}, and CCIP called no proposal receiver there.`,
      ],
      remedies: [
        {
          command: command("mesh check", { mesh: mesh.name }),
          note: "names what is wrong with the receiver",
        },
        {
          command: command("proposals resend", options),
          note: "afterwards: this message cannot be executed twice",
        },
      ],
    };
  }
  switch (status?.kind) {
    case "expired":
      return {
        verdict: "without effect",
        what: `${start} ${isExecuted ? "came too late" : "has expired"}: it could be scheduled until ${timeText(data?.validUntil ?? 0n)}.`,
        why: [
          "The receiver schedules nothing after that time, so that nobody executes old messages months later.",
        ],
        remedies: [again],
      };
    case "cancelled":
      return {
        verdict: "without effect",
        what: `${start} was cancelled there: it will not be executed, and its nonce is not taken again.`,
        why: [],
        remedies: [
          {
            ...again,
            note: "after asking the guardian why: proposes again what the mesh file still asks for",
          },
        ],
      };
    case "behind":
      return {
        verdict: "blocked",
        what: `${start} is scheduled there, and waits for ${behindText(status)}.`,
        why: ["A timelock executes an operation only after its predecessor."],
        remedies: behindRemedies(status.predecessor, options, again),
      };
    case "scheduled":
      return plainly(
        isExecuted ? "executed" : "superseded",
        `${start} is scheduled there until ${timeText(status.readyAt)}.`,
        [
          {
            command: command("proposals execute", options),
            note: "then, as an executor; or mesh apply",
          },
        ],
      );
    case "executable":
      return plainly(isExecuted ? "executed" : "superseded", `${start} is due there.`, [
        { command: command("proposals execute", options), note: "as an executor; or mesh apply" },
      ]);
    case "done":
      return plainly(isExecuted ? "executed" : "superseded", `${start} has been executed there.`);
    case "not sent":
    case "on its way":
    case "failed":
    case "replaced":
    case undefined:
      return isExecuted
        ? plainly(
            "executed",
            `It was executed on ${destination}; its effect on the proposal receiver is unknown.`,
          )
        : undefined;
  }
}

/** Returns what brings on the operation that a proposal waits for. */
function behindRemedies(
  { id, nonce, status }: Extract<ProposalFacts["status"], { kind: "behind" }>["predecessor"],
  {
    chain,
    mesh,
    nonce: own,
  }: { readonly chain: string; readonly mesh: string; readonly nonce: bigint | undefined },
  again: Recovery,
): Recovery[] {
  const first = { chain, nonce, mesh };
  if (
    nonce !== undefined &&
    (status?.kind === "not sent" ||
      status?.kind === "failed" ||
      status?.kind === "on its way" ||
      status?.kind === "replaced")
  ) {
    return [{ command: command("proposals resend", first), note: "sends the one before it again" }];
  }
  if (nonce !== undefined && status?.kind === "executable") {
    return [{ command: command("proposals execute", first), note: "executes the one before it" }];
  }
  if (status?.kind === "scheduled") {
    return [{ note: `wait: the one before it is due at ${timeText(status.readyAt)}` }];
  }
  if (status?.kind === "executable") {
    return [{ note: `first execute operation ${id} at the timelock of ${chain}, as an executor` }];
  }
  if (status?.kind === "at home") {
    return [
      {
        command: command("mesh apply", { mesh }),
        note: `sends the one before it, which home's timelock may from ${timeText(status.readyAt)} on, if the mesh file asks for it; else its executor does`,
      },
    ];
  }
  if (!isGone(status)) {
    return [
      {
        command: command("proposals show", { chain, mesh }),
        note: "tells what those before it wait for",
      },
    ];
  }
  return [
    {
      command: command("proposals cancel", { chain, nonce: own, mesh }),
      note: status
        ? "it can never be executed"
        : `unless operation ${id} is still proposed there: without it, this one is never executed`,
    },
    { ...again, note: "proposes both again, as far as the mesh file asks for them" },
  ];
}
