/** An index that a chain took over. */
export interface IndexChange {
  readonly chain: string;
  readonly epoch: bigint;
  readonly current: bigint;
  readonly next: bigint;
  /** Unix seconds. */
  readonly effectiveAt: number;
  /** When the chain learned it, unix seconds. */
  readonly learnedAt: number;
  readonly transactionHash: string;
}

/** A point of a step line: from `time` on, a unit of genesis is worth `worth` (18 decimals). */
export interface StepPoint {
  readonly time: number;
  readonly worth: bigint;
}

const GENESIS = 10n ** 42n;

/**
 * How the worth of a genesis unit went on one chain: a rebase counts from effectiveAt on, or from the
 * moment at which the chain learned of it, if that was later.
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
      points.push({ time: change.learnedAt, worth: GENESIS / change.current });
    }
    const time = Math.max(change.effectiveAt, change.learnedAt);
    // A pending rebase that was replaced before its time never counted.
    if (following && following.learnedAt <= time && following.learnedAt < change.effectiveAt)
      return;
    points.push({ time, worth: GENESIS / change.next });
  });
  return points;
}

/**
 * Growth over the last days, scaled to a year, in basis points (compound). Undefined when the history
 * does not reach back that far.
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
  if (!first || !before || !last || before.worth === 0n) return undefined;
  // A ratio for reading, not an amount: the digits that a float loses are never shown.
  const ratio = Number((last.worth * 10n ** 15n) / before.worth) / 1e15;
  return Math.round((ratio ** (365 / days) - 1) * 10_000);
}

/** A movement of an account's shares. */
export interface ShareMovement {
  readonly time: number;
  /** Negative when shares left. */
  readonly shares: bigint;
}

/** What a rebase did to an account, in token units. */
export interface Earning {
  readonly epoch: bigint;
  readonly effectiveAt: number;
  readonly shares: bigint;
  readonly earned: bigint;
}

/** What each rebase that counts has earned an account on one chain. */
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
