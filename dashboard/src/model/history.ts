import { growthIndex } from "core/growth";

/** An index state that a chain applied. */
export interface IndexChange {
  readonly chain: string;
  readonly epoch: bigint;
  readonly current: bigint;
  readonly next: bigint;
  /** Unix seconds. */
  readonly effectiveAt: number;
  /** Time at which the chain was synced with it, unix seconds. */
  readonly learnedAt: number;
  readonly transactionHash: string;
}

/** A point of a step line: the growth index of a chain from `time`, 18 decimals. */
export interface StepPoint {
  readonly time: number;
  readonly growthIndex: bigint;
}

/**
 * Returns the growth index of one chain over time: a rebase takes effect at effectiveAt, or when the chain is
 * synced, if that is later.
 */
export function steps(changes: readonly IndexChange[]): StepPoint[] {
  const ordered = [...changes].sort(
    (a, b) => a.learnedAt - b.learnedAt || Number(a.epoch - b.epoch),
  );
  const points: StepPoint[] = [];
  ordered.forEach((change, i) => {
    if (change.next === 0n || change.current === 0n) return;
    const following = ordered[i + 1];
    if (points.length === 0 && change.effectiveAt > change.learnedAt) {
      points.push({ time: change.learnedAt, growthIndex: growthIndex(change.current) });
    }
    const time = Math.max(change.effectiveAt, change.learnedAt);
    // A pending rebase that was replaced in time never took effect.
    if (following && following.learnedAt <= time && following.learnedAt < change.effectiveAt)
      return;
    points.push({ time, growthIndex: growthIndex(change.next) });
  });
  return points;
}

/**
 * Returns the growth over the last days, scaled to a year, in basis points (compound). Undefined when the history
 * is too short.
 */
export function annualised(
  points: readonly StepPoint[],
  now: number,
  days: number,
): number | undefined {
  const from = now - days * 86_400;
  const [first] = points;
  const before = points.filter(({ time }) => time <= from).at(-1);
  const last = points.filter(({ time }) => time <= now).at(-1);
  if (!first || !before || !last || before.growthIndex === 0n) return undefined;
  // A displayed ratio, not an amount: the digits that a float loses are never shown.
  const ratio = Number((last.growthIndex * 10n ** 15n) / before.growthIndex) / 1e15;
  return Math.round((ratio ** (365 / days) - 1) * 10_000);
}

/** A movement of an account's shares. */
export interface ShareMovement {
  readonly time: number;
  /** Negative when shares left. */
  readonly shares: bigint;
}

/** Change of an account's balance by a rebase, in token units. */
export interface Earning {
  readonly epoch: bigint;
  readonly effectiveAt: number;
  readonly shares: bigint;
  readonly earned: bigint;
}

/** Returns the change of an account's balance by each effective rebase on one chain. */
export function earnings(
  movements: readonly ShareMovement[],
  changes: readonly IndexChange[],
  now: number,
): Earning[] {
  return changes
    .filter(
      ({ current, next, effectiveAt }) => current !== next && current > 0n && effectiveAt <= now,
    )
    .map(({ epoch, current, next, effectiveAt, learnedAt }) => {
      const at = Math.max(effectiveAt, learnedAt);
      const shares = movements
        .filter(({ time }) => time < at)
        .reduce((sum, movement) => sum + movement.shares, 0n);
      return { epoch, effectiveAt: at, shares, earned: shares / next - shares / current };
    });
}
