import { duration, tokens } from "./words";

export interface TokenBucket {
  readonly isEnabled: boolean;
  readonly tokens: bigint;
  readonly capacity: bigint;
  readonly rate: bigint;
}

/** Returns a bucket as it is some seconds after it was read. */
export function refilled<B extends TokenBucket>(bucket: B, seconds: number): B {
  const grown = bucket.tokens + BigInt(Math.max(0, Math.floor(seconds))) * bucket.rate;
  return { ...bucket, tokens: grown > bucket.capacity ? bucket.capacity : grown };
}

/** Returns its level in percent, 0 to 100. */
export function fillPercent({ isEnabled, tokens: held, capacity }: TokenBucket): number {
  if (!isEnabled || capacity === 0n) return 100;
  return Number((held * 100n) / capacity);
}

/** Returns the seconds until it holds `amount`; undefined when it never will. */
export function secondsUntil(
  { isEnabled, tokens: held, capacity, rate }: TokenBucket,
  amount: bigint,
): number | undefined {
  if (!isEnabled || amount <= held) return 0;
  if (amount > capacity || rate === 0n) return undefined;
  return Number((amount - held + rate - 1n) / rate);
}

/** Describes when a bucket is full again. */
export function refillText(bucket: TokenBucket): string {
  if (!bucket.isEnabled) return "no limit";
  const seconds = secondsUntil(bucket, bucket.capacity);
  if (seconds === undefined) return "does not refill";
  return seconds === 0 ? "full" : `full again in ${duration(seconds)}`;
}

/** Describes why an amount exceeds a bucket, and the fix; undefined when it fits. */
export function limitText(
  bucket: TokenBucket,
  amount: bigint,
  symbol: string,
  which: "outbound" | "inbound",
): string | undefined {
  const seconds = secondsUntil(bucket, amount);
  if (seconds === 0) return undefined;
  const side = which === "outbound" ? "leave" : "arrive";
  if (seconds === undefined) {
    return `At most ${tokens(bucket.capacity, symbol)} can ${side} over this lane in one go: send it in parts.`;
  }
  return `Only ${tokens(bucket.tokens, symbol)} can ${side} over this lane now: send less, or wait ${duration(seconds)} until the limit has refilled.`;
}
