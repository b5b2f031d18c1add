import { formatTokens } from "core/amount";
import type { Failure } from "./reading";

/** Formats a duration: "3 min", "2 h 5 min", "4 days". */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} days`;
}

/** Formats a countdown: "9:05", "1:00:00". */
export function countdown(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  const [hours, minutes, rest] = [
    Math.floor(whole / 3600),
    Math.floor(whole / 60) % 60,
    whole % 60,
  ];
  const two = (value: number) => String(value).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** Formats a time in the reader's language and zone; the year only when it differs from the current one. */
export function pinnedBlock(unixSeconds: number): string {
  const date = new Date(unixSeconds * 1_000);
  return date.toLocaleString(undefined, {
    ...(date.getFullYear() !== new Date().getFullYear() && { year: "numeric" }),
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  });
}

/** Formats a number with its noun: "1 epoch", "3 epochs". */
export function count(number: number | bigint, noun: string): string {
  return `${number} ${noun}${BigInt(number) === 1n ? "" : "s"}`;
}

/** Formats an integer in groups of three digits, without rounding. */
export function grouped(value: bigint): string {
  return value.toString().replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

/** Formats token units with their symbol, rounded down for display. */
export function tokens(amount: bigint, symbol = "", decimals = 2): string {
  const shown =
    amount < 0n ? `-${formatTokens(-amount, decimals)}` : formatTokens(amount, decimals);
  return symbol ? `${shown} ${symbol}` : shown;
}

/** Formats token units exactly, for amounts to be signed: "1,000.5 RUSD". */
export function exactly(amount: bigint, symbol: string): string {
  const shown = formatTokens(amount, 18).replace(/\.?0+$/, "");
  return `${shown} ${symbol}`;
}

/** Formats a fraction in percent with one digit, rounded down; "<0.1 %" for a trace. */
export function share(part: bigint, whole: bigint): string {
  if (whole === 0n || part === 0n) return "0 %";
  const permille = (part * 1_000n) / whole;
  if (permille === 0n) return "<0.1 %";
  return `${permille / 10n}.${permille % 10n} %`;
}

/** Formats the change from one index to the next as holders see it: "+5.00 %". A lower index is a gain. */
export function growth(current: bigint, next: bigint): string {
  if (next === 0n || current === 0n) return "0.00 %";
  const scaled = (current * 1_000_000n) / next - 1_000_000n;
  const magnitude = scaled < 0n ? -scaled : scaled;
  const rounded = (magnitude + 50n) / 100n;
  const sign = rounded === 0n ? "" : scaled < 0n ? "−" : "+";
  return `${sign}${rounded / 100n}.${String(rounded % 100n).padStart(2, "0")} %`;
}

/** Returns the beginning and the end of a long text. */
export function short(text: string): string {
  return text.length <= 14 ? text : `${text.slice(0, 6)}…${text.slice(-4)}`;
}

/** Returns the display name of a network: `local-sat1` is "Satellite 1", `op-sepolia` "OP Sepolia". */
export function chainLabel(name: string): string {
  const words = name.split("-").map((word) => {
    const satellite = /^sat(\d+)$/.exec(word);
    if (satellite) return `satellite ${satellite[1]}`;
    return word === "op" ? "OP" : word === "sepolia" ? "Sepolia" : word;
  });
  const label = words.filter((word) => word !== "local" || words.length === 1).join(" ");
  return label.charAt(0).toUpperCase() + label.slice(1);
}

/** Joins names of chains: "Home", "Home and Satellite 1", "Home, Satellite 1 and Satellite 2". */
export function joinNames(names: readonly string[]): string {
  const labels = names.map(chainLabel);
  const last = labels.pop() ?? "";
  return labels.length === 0 ? last : `${labels.join(", ")} and ${last}`;
}

/** Describes briefly why a chain is not read: it lags, or it does not answer. */
export function silenceText(failures: readonly Failure[]): string {
  return failures.length > 0 && failures.every(({ isLagging }) => isLagging)
    ? "lagging"
    : "not answering";
}

/** Formats a missing value: "unknown until Satellite 2 is read". */
export function unknownUntil(names: readonly string[]): string {
  return `unknown until ${joinNames(names)} ${names.length === 1 ? "is" : "are"} read`;
}
