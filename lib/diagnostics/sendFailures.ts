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

const AGAIN: Recovery = {
  note: "afterwards send it again: nothing has left, and only gas was spent",
};

const SEND_AGAIN: Recovery = { note: "send it again" };

/** Diagnoses a reverted transaction. Reads nothing. */
export function diagnoseRevert(facts: RevertFacts): Diagnosis {
  const { chain, at, returnData, returnDataNow } = facts;
  const explained = (data: string, time: bigint) =>
    explainRevert(sendContext(facts, time), decode(data));
  const isOutOfGas = facts.isOutOfGas && returnData !== undefined && nameOf(returnData) === "empty";
  const now =
    returnDataNow === undefined
      ? "Simulated, the same call would succeed now."
      : "Simulated, the same call would revert now, too.";
  const diagnosis = (why: readonly string[], remedies: readonly Recovery[]): Diagnosis => ({
    verdict: "reverted",
    what: `${callText(facts)} reverted on ${chain} at ${timeText(at)}: nothing has left.`,
    why,
    remedies,
  });
  if (isOutOfGas) {
    return diagnosis(
      [`It used up the ${facts.gasLimit} gas that it was given.`, now],
      [{ note: "send it again with a higher gas limit" }],
    );
  }
  const then =
    returnData === undefined
      ? "Replayed on the state before its block it succeeds, or the endpoint has no such old state: the cause was before it in the block."
      : explained(returnData, at).why;
  if (returnDataNow === undefined) return diagnosis([then, now], [SEND_AGAIN]);
  const current = explained(returnDataNow, facts.now);
  if (returnData === undefined)
    return diagnosis([then, now, current.why], [...current.fixes, AGAIN]);
  // The original cause may be gone while another one exists now.
  const isAnother = nameOf(returnDataNow) !== nameOf(returnData);
  return diagnosis(
    [then, now, ...(isAnother ? [current.why] : [])],
    [...(isAnother ? current : explained(returnData, at)).fixes, AGAIN],
  );
}

/** Diagnoses a lane that failed in a broadcast. Reads nothing. */
export function diagnoseRefusedLane(context: ReasonContext, reason: string): Diagnosis {
  const { chain, peer, mesh } = context;
  const { why, fixes } = explainRevert(context, decode(reason));
  return {
    verdict: "reverted",
    what: `The lane from ${chain} to ${peer} refused the broadcast; nothing was charged for it.`,
    why: [why],
    remedies: [
      ...fixes,
      {
        command: command("rebase broadcast", { mesh: mesh.name }),
        note: "afterwards: sends it to the stale satellites",
      },
    ],
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
    ...(curse && { curse: { what: curse } }),
    ...(limits && { limits }),
  };
}

function callText({ call, mesh }: RevertFacts): string {
  const carried =
    call.amount === undefined ? "" : ` of ${formatTokens(call.amount)} ${mesh.symbol}`;
  const target = call.destination === undefined ? "" : ` to ${call.destination}`;
  return `${call.contract}.${call.function}${carried}${target}`;
}

function nameOf(returnData: string): string {
  return innermost(decode(returnData)).name;
}
