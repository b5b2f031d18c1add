import { timeText } from "../core/time";

import type { ControllerState } from "./controller";
import { UNCHANGED, formatGrowth, sharesPerTokenAfter } from "../core/growth";
import type { ChainStatus } from "./status";

/** A requested rebase. */
export interface RebaseRequest {
  /** In 1e27. */
  readonly growthFactor: bigint;
  /** Seconds from scheduling to taking effect; the controller's delay unless given. */
  readonly delay?: bigint;
}

/** The verdict of one contract guard on a rebase. */
export interface Verdict {
  readonly guard: "bounds" | "delay" | "pending" | "interval" | "index" | "role";
  readonly passes: boolean;
  /** The explanation, with the compared values. */
  readonly detail: string;
}

/** The account that wants to schedule a rebase, and the accounts that may. */
export interface Operator {
  readonly account: string;
  /** All holders of REBASE_OPERATOR_ROLE. */
  readonly holders: readonly string[];
}

/** The bounds of an index in `ShareMath`. */
const INDEX = { min: 10n ** 18n, max: 2n ** 96n - 1n } as const;

/** Returns the time at which a rebase takes effect if it is scheduled at a time. */
export function effectiveAtOf(
  { delay }: RebaseRequest,
  { config }: ControllerState,
  timestamp: bigint,
): bigint {
  return timestamp + (delay ?? config.delay);
}

/**
 * Checks a rebase as the contracts would in the block that was read; later blocks can only relax the interval and
 * pending guards.
 */
export function judge(
  home: ChainStatus,
  controller: ControllerState,
  request: RebaseRequest,
  operator: Operator,
): Verdict[] {
  const { config, earliestEffectiveAt } = controller;
  const { growthFactor } = request;
  const delay = request.delay ?? config.delay;
  // A loss may take effect immediately; a gain is delayed so that it can be cancelled.
  const leastDelay = growthFactor > UNCHANGED ? config.delay : 0n;
  const effectiveAt = effectiveAtOf(request, controller, home.timestamp);
  const next = growthFactor > 0n ? sharesPerTokenAfter(home.sharesPerToken, growthFactor) : 0n;
  const { min, max } = INDEX;
  return [
    {
      guard: "bounds",
      passes: growthFactor >= config.minGrowthFactor && growthFactor <= config.maxGrowthFactor,
      detail: `${formatGrowth(growthFactor)}, allowed ${formatGrowth(config.minGrowthFactor)} to ${formatGrowth(config.maxGrowthFactor)}`,
    },
    {
      guard: "index",
      passes: next >= min && next <= max,
      detail: `${next} shares per token unit, allowed ${min} to ${max}`,
    },
    {
      guard: "delay",
      passes: delay >= leastDelay && delay <= config.maxDelay,
      detail: `${delay} s, ${leastDelay > 0n ? `a gain at least ${leastDelay} s, ` : ""}at most ${config.maxDelay} s`,
    },
    {
      guard: "pending",
      passes: !home.pending,
      detail: home.pending
        ? `epoch ${home.epoch} counts at ${timeText(home.effectiveAt)}; until then only the admin may replace or cancel it`
        : "no rebase is pending",
    },
    {
      guard: "interval",
      passes: effectiveAt >= earliestEffectiveAt,
      detail:
        earliestEffectiveAt === 0n
          ? "the first rebase waits for nothing"
          : `counts at ${timeText(effectiveAt)}, at the earliest at ${timeText(earliestEffectiveAt)}`,
    },
    {
      guard: "role",
      passes: operator.holders.includes(operator.account),
      detail: roleDetail(operator),
    },
  ];
}

function roleDetail({ account, holders }: Operator): string {
  if (holders.includes(account)) return `${account} has REBASE_OPERATOR_ROLE`;
  return `${account} lacks REBASE_OPERATOR_ROLE on the controller; ${holders.length === 0 ? "nobody has it" : `${holders.join(", ")} has it`}`;
}
