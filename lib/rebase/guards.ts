import { UNCHANGED, formatGrowth, sharesPerTokenAfter } from "../core/growth";
import { timeText } from "../core/time";

import type { ControllerState } from "./controller";
import type { RebaseRequest } from "./request";
import type { ChainStatus } from "./status";

/** The result of one guard of the contracts. */
export interface GuardResult {
  readonly guard: "bounds" | "delay" | "pending" | "interval" | "index" | "role";
  readonly passes: boolean;
  /** The explanation, with the compared values. */
  readonly detail: string;
}

/** The bounds of an index in `ShareMath`. */
const INDEX = { min: 10n ** 18n, max: 2n ** 96n - 1n } as const;

/** Checks the values of a rebase against the controller's configuration. */
export function checkValues(
  { sharesPerToken }: ChainStatus,
  { config }: ControllerState,
  { growthFactor, delay = config.delay }: RebaseRequest,
): GuardResult[] {
  const { minGrowthFactor, maxGrowthFactor, maxDelay } = config;
  // A loss may take effect immediately; a gain is delayed so that it can be cancelled.
  const leastDelay = growthFactor > UNCHANGED ? config.delay : 0n;
  const next = growthFactor > 0n ? sharesPerTokenAfter(sharesPerToken, growthFactor) : 0n;
  const { min, max } = INDEX;
  return [
    {
      guard: "bounds",
      passes: growthFactor >= minGrowthFactor && growthFactor <= maxGrowthFactor,
      detail: `${formatGrowth(growthFactor)}, allowed ${formatGrowth(minGrowthFactor)} to ${formatGrowth(maxGrowthFactor)}`,
    },
    {
      guard: "index",
      passes: next >= min && next <= max,
      detail: `${next} shares per token unit, allowed ${min} to ${max}`,
    },
    {
      guard: "delay",
      passes: delay >= leastDelay && delay <= maxDelay,
      detail: `${delay} s, ${leastDelay > 0n ? `a gain at least ${leastDelay} s, ` : ""}at most ${maxDelay} s`,
    },
  ];
}

/**
 * Checks a rebase as the contracts would in the block that was read; later blocks can only relax the interval and
 * pending guards.
 * @param account the account that wants to schedule it.
 * @param holders all accounts with REBASE_OPERATOR_ROLE.
 */
export function checkGuards(
  home: ChainStatus,
  controller: ControllerState,
  request: RebaseRequest,
  { account, holders }: { readonly account: string; readonly holders: readonly string[] },
): GuardResult[] {
  const { earliestEffectiveAt } = controller;
  const effectiveAt = home.timestamp + (request.delay ?? controller.config.delay);
  const mayRebase = holders.includes(account);
  const whoMay = holders.length === 0 ? "nobody has it" : `${holders.join(", ")} has it`;
  return [
    ...checkValues(home, controller, request),
    {
      guard: "pending",
      passes: !home.pending,
      detail: home.pending
        ? `epoch ${home.epoch} takes effect at ${timeText(home.effectiveAt)}; until then only the admin may replace or cancel it`
        : "no rebase is pending",
    },
    {
      guard: "interval",
      passes: effectiveAt >= earliestEffectiveAt,
      detail:
        earliestEffectiveAt === 0n
          ? "the first rebase waits for nothing"
          : `takes effect at ${timeText(effectiveAt)}, at the earliest at ${timeText(earliestEffectiveAt)}`,
    },
    {
      guard: "role",
      passes: mayRebase,
      detail: mayRebase
        ? `${account} has REBASE_OPERATOR_ROLE`
        : `${account} lacks REBASE_OPERATOR_ROLE on the controller; ${whoMay}`,
    },
  ];
}
