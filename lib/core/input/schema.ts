import { z } from "zod";

import { keyless, typed } from "./error";

/** Lists the mistakes in an input, one a line: the path, the value, the reason. */
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

/** Makes the schema of a text that is read as on a command line; `what` says what to write: `an amount, "1"`. */
export function typedText<T>(read: (text: string) => T, what: string) {
  return z
    .string({
      error: ({ input }) =>
        input === undefined ? `is missing: write ${what}` : `is not text: write ${what}`,
    })
    .superRefine((text, context) => {
      const { mistake } = typed(() => read(text));
      // Continues: otherwise a union reports only the mistake of the one branch that fits.
      if (mistake) context.addIssue({ code: "custom", message: mistake.reason, continue: true });
    })
    .transform(read);
}
