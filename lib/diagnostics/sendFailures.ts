import { explainRevert } from "../core/reasons/catalogue";
import type { ReasonContext } from "../core/reasons/reason";
import { formatTokens } from "../core/amount";
import { command } from "../core/recovery";
import type { Recovery } from "../core/recovery";
import { innermost } from "../core/revert/revert";
import { decode } from "../core/revert/revertChain";
import { timeText } from "../core/time";

import type { Diagnosis } from "./diagnosis";
import type { RevertFacts } from "./replay";

/** Diagnoses a reverted transaction. Reads nothing. */
export function diagnoseRevert(facts: RevertFacts): Diagnosis {
  const { chain, at, returnData, returnDataNow, gasLimit } = facts;
  const then = returnData === undefined ? undefined : decode(returnData);
  const now = returnDataNow === undefined ? undefined : decode(returnDataNow);
  const diagnosis = (why: string, current: string | undefined, fixes: readonly Recovery[]) => ({
    verdict: "reverted" as const,
    what: `${callText(facts)} reverted on ${chain} at ${timeText(at)}: nothing has left.`,
    why: [
      why,
      now
        ? "Simulated, the same call would revert now, too."
        : "Simulated, the same call would succeed now.",
      ...(current === undefined ? [] : [current]),
    ],
    remedies: fixes,
  });
  if (facts.isOutOfGas && then && innermost(then).name === "empty") {
    const note = "send it again with a higher gas limit";
    return diagnosis(`It used up the ${gasLimit} gas that it was given.`, undefined, [{ note }]);
  }
  const explained = then && explainRevert(sendContext(facts, at), then);
  const why =
    explained?.why ??
    "Replayed on the state before its block it succeeds, or the endpoint has no such old state: the cause was before it in the block.";
  if (!now) return diagnosis(why, undefined, [{ note: "send it again" }]);
  const again = { note: "afterwards send it again: nothing has left, and only gas was spent" };
  // The original cause may be gone while another one exists now, and its remedy may be another by now.
  const current = explainRevert(sendContext(facts, facts.now), now);
  const isSame = then && innermost(now).name === innermost(then).name;
  return diagnosis(why, isSame ? undefined : current.why, [...current.fixes, again]);
}

/**
 * Diagnoses a lane that failed in a broadcast, or when proposals were sent. Reads nothing.
 * @param nonce of the proposal; a broadcast without it.
 */
export function diagnoseRefusedLane(
  context: ReasonContext,
  reason: string,
  nonce?: bigint,
): Diagnosis {
  const { chain, peer, mesh } = context;
  const { why, fixes } = explainRevert(context, decode(reason));
  const what = nonce === undefined ? "the broadcast" : `proposal ${nonce}`;
  const again: Recovery =
    nonce === undefined
      ? {
          command: command("rebase broadcast", { mesh: mesh.name }),
          note: "afterwards: sends it to the stale satellites",
        }
      : {
          command: command("proposals resend", { chain: peer, nonce, mesh: mesh.name }),
          note: "afterwards: the account that signs pays the fee",
        };
  return {
    verdict: "reverted",
    what: `The lane from ${chain} to ${peer} refused ${what}; nothing was charged for it.`,
    why: [why],
    remedies: [...fixes, again],
  };
}

function sendContext(facts: RevertFacts, at: bigint): ReasonContext {
  const { mesh, chain, call, curse, limits, from, value } = facts;
  return {
    mesh,
    direction: "send",
    chain,
    peer: call.destination ?? "that chain",
    at,
    transaction: { from, value },
    curse: curse && { what: curse },
    limits,
  };
}

function callText({ call, mesh }: RevertFacts): string {
  const carried =
    call.amount === undefined ? "" : ` of ${formatTokens(call.amount)} ${mesh.symbol}`;
  const target = call.destination === undefined ? "" : ` to ${call.destination}`;
  return `${call.contract}.${call.function}${carried}${target}`;
}
