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

  /** Returns an amount from 1 to `most`, each order of magnitude equally often. */
  amount(most: bigint): bigint {
    const digits = 1 + this.below(most.toString().length);
    const drawn = BigInt(Array.from({ length: digits }, () => this.below(10)).join(""));
    return 1n + (drawn % most);
  }

  /** One of the items; throws when there is none. */
  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError("There is nothing to pick from.");
    return item;
  }

  /** Each of the items with even odds. */
  some<T>(items: readonly T[]): T[] {
    return items.filter(() => this.below(2) === 1);
  }

  /** mulberry32: short, and good enough for choices. */
  private next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }
}

/** Runs an action; if it fails, the error says by which seed and at which step. */
export async function atStep<T>(random: Dice, step: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof Error) error.message = `SEED=${random.seed}, ${step}: ${error.message}`;
    throw error;
  }
}
