import { z } from "zod";

import { keyless, typed } from "./error";

/** Tells every mistake in what was read, one a line: where it is, what is written there, what is wrong. */
export function mistakesIn(error: z.ZodError, input: unknown, root: string): string[] {
  return error.issues.map(
    ({ path, message }) => `  ${path.join(".") || root} = ${valueAt(input, path)}: ${message}`,
  );
}

function valueAt(input: unknown, path: readonly PropertyKey[]): string {
  let value = input;
  for (const key of path) {
    value =
      typeof value === "object" && value !== null
        ? (value as Record<PropertyKey, unknown>)[key]
        : undefined;
  }
  if (value === undefined) return "nothing";
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === "string" ? keyless(part) : part,
  );
}

/**
 * A text in a file that somebody writes by hand, read as on a command line.
 * @param read throws an InputError.
 * @param what it should be, for what is missing or no text: `an amount of tokens, "1000"`.
 */
export function typedText<T>(read: (text: string) => T, what: string) {
  return z
    .string({
      error: ({ input }) =>
        input === undefined ? `is missing: write ${what}` : `is not text: write ${what}`,
    })
    .superRefine((text, context) => {
      const { mistake } = typed(() => read(text));
      // Left to continue: a union tells the mistake of the one branch that fits otherwise.
      if (mistake) context.addIssue({ code: "custom", message: mistake.reason, continue: true });
    })
    .transform(read);
}
