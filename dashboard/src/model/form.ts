import type { InputError } from "core/input/error";

/** Returns the mistake in a form field; none while the input is incomplete. */
export function mistakeInForm(mistake: InputError | undefined): string | undefined {
  const isUnfinished = mistake?.mistake === "empty" || mistake?.mistake === "unfinished";
  return isUnfinished ? undefined : mistake?.message;
}
