import type { InputError } from "core/input/error";

/** Tells a mistake while somebody types: what is not written to its end yet is none so far. */
export function mistakeInForm(mistake: InputError | undefined): string | undefined {
  const isUnfinished = mistake?.mistake === "empty" || mistake?.mistake === "unfinished";
  return isUnfinished ? undefined : mistake?.message;
}
