import { formatEther } from "ethers";
import type { Revert } from "ccip-localnet/protocol";

import type { Curse } from "../ccip/rmn";
import { nativeSymbol } from "../core/chains";
import { formatTokens } from "../core/amount";
import { formatDuration } from "../core/duration";
import { timeText } from "../core/time";
import { roleName } from "../mesh/grants";
import { isClosed } from "../core/mesh/limit";

import { decode, innermost } from "../core/revert/revertChain";
import type { RevertFacts } from "./replay";
import { command } from "./recovery";
import type { Diagnosis, Recovery } from "./recovery";
import { askWhoClosed, closedText, wideOutbound } from "./rateLimitFix";

/** Why something does not leave, and what comes before another attempt. */
export interface Cause {
  readonly why: string;
  readonly fixes: readonly Recovery[];
}

/** What has to be known to say why something does not leave. */
export type DepartureFacts = Pick<
  RevertFacts,
  "mesh" | "chain" | "from" | "call" | "value" | "at" | "outbound" | "isDeclaredOpen" | "curse"
>;

type Explanation = (facts: DepartureFacts, revert: Revert) => Cause;

const again: Recovery = {
  note: "afterwards send it again: nothing has left, and only gas was spent",
};

/** Why a transaction on the way out was undone, by the innermost error. */
const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  EnforcedPause: ({ chain, mesh }) => ({
    why: `The token of ${chain} is paused: nothing moves there until it is unpaused.`,
    fixes: [
      {
        command: command("token unpause", { chain, mesh: mesh.name }),
        note: "after asking the guardian why it was paused",
      },
    ],
  }),
  Unsynced: ({ chain, mesh }) => ({
    why: `${chain} has never been told an index: no broadcast has reached it yet.`,
    fixes: [{ command: command("rebase broadcast", { mesh: mesh.name }), note: "tells it" }],
  }),
  CursedByRMN: (facts) => ({
    why: curseText(facts),
    fixes: [uncurse(facts, facts.curse)],
  }),
  // What the router itself says when everything is cursed.
  BadARMSignal: (facts) => ({
    why: `The RMN of ${facts.chain} curses everything: CCIP takes no message there.`,
    fixes: [uncurse(facts, "everything")],
  }),
  InsufficientFeeTokenAmount: ({ chain, value }) => ({
    why: `The fee that was paid (${formatEther(value)} ${nativeSymbol(chain)}) is below what CCIP asks: prices have moved since it was quoted, or nothing was quoted.`,
    fixes: [
      { note: "quote again right before sending (`bridge quote`, `bridge send`), and pay that" },
    ],
  }),
  InvalidMsgValue: ({ chain, value }) => ({
    why: `${formatEther(value)} ${nativeSymbol(chain)} was sent with a message whose fee is paid in a token.`,
    fixes: [],
  }),
  InsufficientFee: (_, { values }) => ({
    why: `The broadcast to selector ${values.selector} costs ${values.fee} wei of the fee token, and ${values.available} were there to pay it.`,
    fixes: [{ note: "pay what `quote` says, or approve as much LINK" }],
  }),
  FeeAboveMaximum: (_, { values }) => ({
    why: `The lane asks for ${values.fee} wei of the fee token, and ${values.left} were left of what the payer allowed, or of the treasury's budget of the day.`,
    fixes: [
      {
        note: "nothing was charged: broadcast again with a higher `--fee-ceiling`, or wait for a lower fee",
      },
    ],
  }),
  ERC20InsufficientAllowance: (facts, { values }) => ({
    why: `${values.spender} may take ${tokens(facts, values.allowance)} from ${facts.from}, and needs ${tokens(facts, values.needed)}.`,
    fixes: [
      {
        note: `approve ${tokens(facts, values.needed)} for ${values.spender} on the token of ${facts.chain}; \`bridge send\` does it by itself`,
      },
    ],
  }),
  ERC20InsufficientBalance: (facts, { values }) => ({
    why: `${values.sender} has ${tokens(facts, values.balance)}, and ${tokens(facts, values.needed)} were to leave.`,
    fixes: [{ note: "send what is there" }],
  }),
  TokenMaxCapacityExceeded: tooMuchToLeave,
  TokenRateLimitReached: (facts, { values }) => {
    const wait = BigInt(values.minWaitInSeconds ?? 0);
    return {
      why: `The outbound bucket of ${facts.chain} for ${facts.call.destination ?? "that chain"} had ${tokens(facts, values.available)} left, and fits it ${formatDuration(wait)} later.`,
      fixes: [{ note: `wait until ${timeText(facts.at + wait)}, if nothing else leaves` }],
    };
  },
  ChainNotAllowed: closedLane,
  NonExistentChain: closedLane,
  UnsupportedDestinationChain: ({ chain, call }) => ({
    why: `CCIP's router on ${chain} has no lane to ${call.destination ?? "that chain"}.`,
    fixes: [{ note: "check the selector: it is CCIP's, not the chain id" }],
  }),
  DestinationChainNotEnabled: ({ chain, call }) => ({
    why: `CCIP has switched the lane from ${chain} to ${call.destination ?? "that chain"} off.`,
    fixes: [{ note: "ask Chainlink, and wait" }],
  }),
  StaleGasPrice: ({ chain, call }, { values }) => ({
    why: `CCIP on ${chain} has had no gas price of ${call.destination ?? "that chain"} for ${formatDuration(BigInt(values.timePassed ?? 0))}, and takes none older than ${formatDuration(BigInt(values.threshold ?? 0))}.`,
    fixes: [{ note: "wait until the DON has reported one" }],
  }),
  UnsupportedToken: unregistered,
  TokenNotSupported: ({ chain }, { values }) => ({
    why: `CCIP on ${chain} has no price of ${values.token}, and names no fee without it.`,
    fixes: [
      {
        note: `pay the fee in the other of ${nativeSymbol(chain)} and LINK, or wait until there is a price`,
      },
    ],
  }),
  CannotSendZeroTokens: () => ({
    why: "CCIP carries no transfer of zero tokens.",
    fixes: [{ note: "send more than nothing" }],
  }),
  MessageGasLimitTooHigh: () => ({
    why: "The gas limit for the receiver is more than the lane allows.",
    fixes: [{ note: "ask for less: a plain transfer of tokens needs 0" }],
  }),
  FeeTokenNotSupported: ({ chain }, { values }) => ({
    why: `CCIP takes no fees in ${values.token}.`,
    fixes: [{ note: `pay in ${nativeSymbol(chain)} or in LINK` }],
  }),
  AccessControlUnauthorizedAccount: ({ chain, mesh }, { values }) => ({
    why: `${values.account} lacks ${roleName(values.neededRole ?? "0x")} on ${chain}.`,
    fixes: [
      {
        command: command("mesh show", { mesh: mesh.name }),
        note: "shows who has it: they have to sign",
      },
    ],
  }),
  ManualExecutionNotYetEnabled: ({ chain }) => ({
    why: `A message that CCIP has not tried yet may be executed by hand on ${chain} only some hours after its commit.`,
    fixes: [{ note: "`message doctor <message id>` says when" }],
  }),
};

/** What a transaction that was undone comes to. Reads nothing. */
export function diagnoseRevert(facts: RevertFacts): Diagnosis {
  const { chain, call, at, returnData, returnDataNow } = facts;
  const what = `${callText(facts)} was undone on ${chain} at ${timeText(at)}: nothing has left.`;
  const isThroughNow = returnDataNow === undefined;
  const now = isThroughNow
    ? "Asked of the node, the same call would go through now."
    : "Asked of the node, the same call would be undone now, too.";
  if (returnData === undefined) {
    return {
      verdict: "reverted",
      what,
      why: [
        "Played again on the state before its block it goes through, or the endpoint has no such old state: something before it in the block was to blame.",
        now,
      ],
      remedies: isThroughNow ? [{ note: "send it again" }] : explain(facts, returnDataNow).fixes,
    };
  }
  const isDry = facts.isOutOfGas && decode(returnData).name === "empty";
  if (isDry) {
    return {
      verdict: "reverted",
      what,
      why: [`It used up the ${facts.gasLimit} gas that it was given.`, now],
      remedies: [{ note: "send it again with a higher gas limit" }],
    };
  }
  const { why, fixes } = explain(facts, returnData);
  if (isThroughNow) {
    return { verdict: "reverted", what, why: [why, now], remedies: [{ note: "send it again" }] };
  }
  // What stopped it then may be gone, and something else be in the way.
  const isAnother = nameOf(returnDataNow) !== nameOf(returnData);
  const current = isAnother ? explain({ ...facts, at: facts.now }, returnDataNow) : undefined;
  return {
    verdict: "reverted",
    what,
    why: [why, now, ...(current ? [current.why] : [])],
    remedies: [...(current?.fixes ?? fixes), again],
  };

  function callText({ mesh }: RevertFacts): string {
    const carried =
      call.amount === undefined ? "" : ` of ${formatTokens(call.amount)} ${mesh.symbol}`;
    const target = call.destination === undefined ? "" : ` to ${call.destination}`;
    return `${call.contract}.${call.function}${carried}${target}`;
  }
}

/** What it comes to that a lane did not take a broadcast. Reads nothing. */
export function diagnoseRefusedLane(facts: DepartureFacts, reason: string): Diagnosis {
  const { chain, call, mesh } = facts;
  const { why, fixes } = explain(facts, reason);
  return {
    verdict: "reverted",
    what: `The lane from ${chain} to ${call.destination ?? "that chain"} did not take the broadcast; nothing was charged for it.`,
    why: [why],
    remedies: [
      ...fixes,
      {
        command: command("rebase broadcast", { mesh: mesh.name }),
        note: "afterwards: sends it to whoever is behind",
      },
    ],
  };
}

function nameOf(returnData: string): string {
  return innermost(decode(returnData)).name;
}

/**
 * Why something was refused on the way out. Reads nothing. A lane of CCIP 2.0 quotes under a curse, so
 * what was refused for another reason may be stopped by one as well.
 */
export function explain(facts: DepartureFacts, returnData: string): Cause {
  const revert = innermost(decode(returnData));
  const cause = explainRevert(facts, revert);
  if (!facts.curse || /^(?:CursedByRMN|BadARMSignal)$/.test(revert.name)) return cause;
  return {
    why: `${cause.why} ${curseText(facts)}`,
    fixes: [uncurse(facts, facts.curse), ...cause.fixes],
  };
}

function curseText({ chain, call, curse }: DepartureFacts): string {
  return `The RMN of ${chain} curses ${curse === "everything" ? curse : (call.destination ?? "the lane")}: CCIP takes no message for it.`;
}

function explainRevert(facts: DepartureFacts, revert: Revert): Cause {
  const explanation = EXPLANATIONS[revert.name];
  if (explanation) return explanation(facts, revert);
  const reason = revert.name === "Error" ? ` "${revert.values.message ?? revert.values["0"]}"` : "";
  return {
    why:
      revert.name === "empty"
        ? "Whoever refused it gave no reason."
        : `It was refused with ${revert.name}${reason}.`,
    fixes: [],
  };
}

function uncurse({ mesh, chain, call }: DepartureFacts, curse: Curse | undefined): Recovery {
  if (mesh.live) {
    return { note: "only Chainlink's RMN can lift it: ask why it was cursed, and wait" };
  }
  const remote = curse === "everything" ? undefined : call.destination;
  return {
    command: command("localnet uncurse", { chain, remote }),
    note: "lifts the curse on the local network",
  };
}

/** More than a bucket ever holds: it is widened, unless the lane was closed on purpose. */
function tooMuchToLeave(facts: DepartureFacts, { values }: Revert): Cause {
  const { chain, call, mesh, outbound, isDeclaredOpen = false } = facts;
  const lane = { mesh: mesh.name, from: chain, to: call.destination ?? "that chain" };
  if (outbound && isClosed(outbound)) {
    return { why: closedText(lane), fixes: askWhoClosed(lane, isDeclaredOpen) };
  }
  const wider = outbound ? wideOutbound(lane, BigInt(values.requested ?? 0), outbound) : [];
  const canRise = wider.some((recovery) => recovery.command !== undefined);
  const parts = { note: `send it in parts${canRise ? ", or raise the limit:" : ""}` };
  return {
    why: `${tokens(facts, values.requested)} are more than the outbound bucket of ${chain} for ${lane.to} holds at most (${tokens(facts, values.capacity)}).`,
    fixes: [parts, ...wider],
  };
}

function closedLane(facts: DepartureFacts): Cause {
  return {
    why: `The pool of ${facts.chain} has no lane to ${facts.call.destination ?? "that chain"}.`,
    fixes: [
      {
        command: command("mesh apply", { mesh: facts.mesh.name }),
        note: "opens what the mesh file declares",
      },
    ],
  };
}

function unregistered(facts: DepartureFacts): Cause {
  return {
    why: `CCIP's registry on ${facts.chain} names no pool for the token.`,
    fixes: [{ command: command("mesh apply", { mesh: facts.mesh.name }), note: "registers it" }],
  };
}

function tokens({ mesh }: DepartureFacts, units: string | undefined): string {
  return `${formatTokens(BigInt(units ?? 0))} ${mesh.symbol}`;
}
