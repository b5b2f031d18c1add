import { InputError } from "./error";
import type { InputContext } from "./error";

const MINUTE = 60n;
const HOUR = 3_600n;
const DAY = 86_400n;

const SPAN = /^(?:(\d+)\s*d)?\s*(?:(\d+)\s*h)?\s*(?:(\d+)\s*m(?:in)?)?\s*(?:(\d+)\s*s)?$/;

/** Options of {@link parseDuration}. */
export interface DurationOptions extends InputContext {
  /** True if a number without a unit is taken, as seconds; it is ambiguous otherwise. */
  readonly plainSeconds?: boolean;
}

/**
 * Reads a span of time, `90m`, `1h30m`, `2d` or `17 min 5 s`, in seconds.
 * @throws InputError naming the text, what it may mean, and what to write.
 */
export function parseDuration(
  text: string,
  { plainSeconds = false, option }: DurationOptions = {},
): bigint {
  const span = text.trim();
  if (plainSeconds && /^\d+$/.test(span)) return BigInt(span);
  const parts = span === "" ? null : SPAN.exec(span);
  if (!parts) throw refusal(text, span, option);
  const [days, hours, minutes, seconds] = parts.slice(1).map((part) => BigInt(part ?? "0"));
  return (days ?? 0n) * DAY + (hours ?? 0n) * HOUR + (minutes ?? 0n) * MINUTE + (seconds ?? 0n);
}

const EXAMPLE = "write whole numbers of d, h, m and s, for example 90m, 1h30m or 2d.";

function refusal(text: string, span: string, option: string | undefined): InputError {
  if (span === "")
    return new InputError("INVALID_DURATION", "empty", text, `is empty: ${EXAMPLE}`, option);
  const [, large, small] = /^(\d+):(\d{2})$/.exec(span) ?? [];
  const readings = /^\d+$/.test(span)
    ? [`${span}s`, `${span}m`]
    : large !== undefined && small !== undefined
      ? [`${large}h${small}m`, `${large}m${small}s`]
      : undefined;
  return readings
    ? new InputError(
        "INVALID_DURATION",
        "ambiguous",
        text,
        `may mean ${readings.join(" or ")}: write ${readings.join(" or ")}.`,
        option,
      )
    : new InputError(
        "INVALID_DURATION",
        "malformed",
        text,
        `is not a span of time: ${EXAMPLE}`,
        option,
      );
}
