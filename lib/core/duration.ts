import { refusalOf } from "./input/error";
import type { InputContext } from "./input/error";

const UNITS = [
  { name: "d", seconds: 86_400n },
  { name: "h", seconds: 3_600n },
  { name: "min", seconds: 60n },
  { name: "s", seconds: 1n },
] as const;

const SPAN = /^(?:(\d+)\s*d)?\s*(?:(\d+)\s*h)?\s*(?:(\d+)\s*m(?:in)?)?\s*(?:(\d+)\s*s)?$/;

/** Formats seconds for people, in the two largest units: "17 min 5 s", "3 d 4 h". */
export function formatDuration(seconds: bigint): string {
  const largest = UNITS.findIndex((unit) => seconds >= unit.seconds);
  if (largest < 0) return "0 s";
  let rest = seconds;
  const parts = UNITS.slice(largest, largest + 2).flatMap((unit) => {
    const count = rest / unit.seconds;
    rest %= unit.seconds;
    return count > 0n ? [`${count} ${unit.name}`] : [];
  });
  return parts.join(" ");
}

/** Reads a span of time, `90m`, `1h30m` or `17 min 5 s`, in seconds, if allowed also plain ones; throws an InputError. */
export function parseDuration(
  text: string,
  { plainSeconds = false, ...context }: InputContext & { readonly plainSeconds?: boolean } = {},
): bigint {
  const span = text.trim();
  if (plainSeconds && /^\d+$/.test(span)) return BigInt(span);
  const counts = span === "" ? null : SPAN.exec(span);
  if (counts) {
    return UNITS.reduce((sum, { seconds }, i) => sum + BigInt(counts[i + 1] ?? 0) * seconds, 0n);
  }
  const refuse = refusalOf("INVALID_DURATION", text, context);
  const example = "write whole numbers of d, h, m and s, for example 90m, 1h30m or 2d.";
  if (span === "") throw refuse("empty", `is empty: ${example}`);
  const [, large, small] = /^(\d+):(\d{2})$/.exec(span) ?? [];
  const isNumber = /^\d+$/.test(span);
  if (!isNumber && large === undefined) {
    throw refuse("malformed", `is not a span of time: ${example}`);
  }
  const either = isNumber ? `${span}s or ${span}m` : `${large}h${small}m or ${large}m${small}s`;
  throw refuse("ambiguous", `may mean ${either}: write ${either}.`);
}
