import { propertyRuns } from "./propertyRuns";

/**
 * Reproducible choices. A run repeats the fixed seed unless the environment variable SEED names
 * another, and a failure reports it.
 */
export class Dice {
  private state: number;

  constructor(readonly seed = Number(process.env.SEED ?? propertyRuns(1).seed)) {
    if (!Number.isSafeInteger(seed)) {
      throw new RangeError(`SEED is "${process.env.SEED}": write a whole number.`);
    }
    this.state = seed;
  }

  /** A whole number from 0 to `limit - 1`. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  /** One of the items; throws when there is none. */
  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError("There is nothing to pick from.");
    return item;
  }

  /** mulberry32: short, and good enough for choices. */
  private next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }
}
