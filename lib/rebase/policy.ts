import { z } from "zod";

import { OperatorError } from "../core/errors";
import { UNCHANGED, growthFactor } from "../core/growth";
import { parseDuration } from "../core/duration";
import { mistakesIn, typedText } from "../core/input/schema";
import { timeText } from "../core/time";

import type { ControllerState } from "./controller";
import type { ChainStatus } from "./status";

const SECONDS_PER_YEAR = 31_536_000n;

/** A duration as text, in seconds. */
const span = typedText((text) => parseDuration(text), 'a span of time, "20h" or "90m"');

/** A change in percent, as a fraction in 1e27. */
const percent = typedText(
  (text) => growthFactor(text) - UNCHANGED,
  'a percentage, "4.5" or "-0.02"',
);

const policySchema = z
  .strictObject({
    /** Size of every rebase, in percent. */
    percent: percent.optional(),
    /** Total of a year's rebases, in percent: each rebase is its share for the time since the last one. */
    annualPercent: percent.optional(),
    /** Minimum time between two rebases; the controller's interval if that is longer. */
    every: span.optional(),
  })
  .refine((policy) => (policy.percent === undefined) !== (policy.annualPercent === undefined), {
    message: "name either percent or annualPercent",
  });

/** The issuer's rule for the size and the frequency of rebases. */
export type RebasePolicy = z.output<typeof policySchema>;

/** A policy as written in a file or on a command line. */
export type PolicyInput = z.input<typeof policySchema>;

/** The decision whether a rebase is due, and why. */
export type Decision =
  | { readonly due: false; readonly reason: string; readonly dueAt?: bigint }
  | { readonly due: true; readonly reason: string; readonly growthFactor: bigint };

/**
 * Validates a policy.
 * @param origin its name in errors.
 * @throws naming every mistake and the expected value.
 */
export function parsePolicy(input: unknown, origin: string): RebasePolicy {
  const result = policySchema.safeParse(input);
  if (result.success) return result.data;
  const mistakes = mistakesIn(result.error, input, "policy");
  throw new OperatorError(
    "BROKEN_FILE",
    `The policy in ${origin} has mistakes:\n${mistakes.join("\n")}`,
  );
}

/**
 * Decides whether a rebase is due at the block that was read: none is pending, and both the controller's and the
 * policy's interval have elapsed when it takes effect.
 * @throws when neither defines an interval: then every run would rebase.
 */
export function decide(
  policy: RebasePolicy,
  home: ChainStatus,
  { config, earliestEffectiveAt, lastEffectiveAt }: ControllerState,
): Decision {
  const every = longer(policy.every ?? 0n, config.minInterval);
  if (every === 0n) {
    throw new OperatorError(
      "MISSING_SETTING",
      'The controller allows a rebase at any time, and the policy names no interval: set "every" in it.',
    );
  }
  if (home.pending) {
    const at = timeText(home.effectiveAt);
    return { due: false, reason: `epoch ${home.epoch} is pending until ${at}` };
  }
  // A new controller has no last rebase: use the token's.
  const last = lastEffectiveAt ?? (home.effectiveAt > 0n ? home.effectiveAt : undefined);
  const effectiveAt = home.timestamp + config.delay;
  // A cancellation restarts the controller's interval; the policy's growth still accrues from the last rebase.
  const earliest = longer(last === undefined ? 0n : last + every, earliestEffectiveAt);
  if (effectiveAt < earliest) {
    const dueAt = earliest - config.delay;
    return { due: false, dueAt, reason: `the next rebase is due at ${timeText(dueAt)}` };
  }
  const elapsed = last === undefined ? every : effectiveAt - last;
  const { annualPercent = 0n } = policy;
  const growth = policy.percent ?? (annualPercent * elapsed) / SECONDS_PER_YEAR;
  if (growth === 0n) return { due: false, reason: "the policy asks for no change" };
  const reason =
    last === undefined ? "the first rebase" : `the last one took effect at ${timeText(last)}`;
  return { due: true, growthFactor: UNCHANGED + growth, reason };
}

function longer(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
