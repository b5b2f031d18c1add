import { InputError } from "./error";
import type { InputContext } from "./error";

/** Bounds of a number, both included. */
export interface Bounds extends InputContext {
  readonly least?: bigint;
  readonly most: bigint;
  /** Formats a bound as it would be typed, with its unit. */
  readonly format: (bound: bigint) => string;
}

/**
 * Returns a number that was read from a text, if it lies within its bounds.
 * @throws InputError naming the text and the bound.
 */
export function within(value: bigint, text: string, bounds: Bounds): bigint {
  const { least, most, format, option } = bounds;
  if (value > most) {
    throw new InputError(
      "INVALID_AMOUNT",
      "bounds",
      text,
      `is too much: write at most ${format(most)}.`,
      option,
    );
  }
  if (least !== undefined && value < least) {
    throw new InputError(
      "INVALID_AMOUNT",
      "bounds",
      text,
      `is too little: write at least ${format(least)}.`,
      option,
    );
  }
  return value;
}
