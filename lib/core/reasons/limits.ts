import { exactTokens } from "../amount";
import { formatDuration } from "../duration";
import { isClosed } from "../mesh/limit";
import type { BucketState, RateLimit } from "../mesh/limit";
import { command } from "../recovery";
import type { Recovery } from "../recovery";
import { MAX_BUCKET, TOKEN_DECIMALS } from "../units";

import type { LaneLimits } from "./reason";

const ONE_TOKEN = 10n ** BigInt(TOKEN_DECIMALS);

/** A lane of a mesh, by network names. */
export interface LimitedLane {
  readonly mesh: string;
  readonly from: string;
  readonly to: string;
}

type Setting = Pick<RateLimit, "capacity" | "rate">;

/**
 * Returns the limit that lets an amount leave: the inbound one follows, and the rate rises by the same
 * factor. Nothing where the bucket is not too narrow or is closed; no command where no bucket can hold so much.
 */
export function wideOutbound(
  { mesh, from, to }: LimitedLane,
  requested: bigint,
  { outbound, widest }: Pick<LaneLimits, "outbound" | "widest">,
): Recovery[] {
  if (!isTooNarrow(outbound, requested)) return [];
  const wider = widened(requested, outbound);
  if (wider.capacity > widest) {
    return [{ note: `no limit can be raised above ${exactTokens(widest)} tokens` }];
  }
  return [
    {
      command: command("limits set", {
        from,
        to,
        capacity: exactTokens(wider.capacity),
        rate: exactTokens(wider.rate),
        mesh,
      }),
      note: `lets it leave, once the bucket has filled (about ${filling(requested, outbound, wider)})`,
    },
  ];
}

/**
 * Returns the limit that lets an amount arrive and leaves the outbound one as it is. Nothing where the
 * bucket is not too narrow, or one of the two is closed.
 */
export function wideInbound(
  { mesh, from, to }: LimitedLane,
  requested: bigint,
  { inbound, outbound, least }: Pick<LaneLimits, "inbound" | "outbound" | "least">,
): Recovery[] {
  if (!inbound || !least || !isTooNarrow(inbound, requested) || isClosed(outbound)) return [];
  const wider = widened(requested, inbound);
  const arriving = {
    capacity: larger(wider.capacity, least.capacity),
    rate: larger(wider.rate, least.rate),
  };
  if (!outbound.isEnabled || arriving.capacity > MAX_BUCKET) {
    const why = outbound.isEnabled
      ? "no limit can be raised so far"
      : "without an outbound limit, an inbound one only strands messages";
    return [
      {
        command: command("limits set --unlimited", { from, to, mesh }),
        note: `lets it in: ${why}`,
      },
    ];
  }
  return [
    {
      command: command("limits set", {
        from,
        to,
        capacity: exactTokens(outbound.capacity),
        rate: exactTokens(outbound.rate),
        "inbound-capacity": exactTokens(arriving.capacity),
        "inbound-rate": exactTokens(arriving.rate),
        mesh,
      }),
      note: `lets it in, once the bucket has filled (about ${filling(requested, inbound, arriving)}); the outbound limit stays as it is`,
    },
  ];
}

/** Returns what a closed lane is, in words. */
export function closedText({ from, to }: Pick<LimitedLane, "from" | "to">): string {
  return `The lane from ${from} to ${to} is closed on purpose: its bucket holds one unit, and lets nothing of value through.`;
}

/** Returns what to do about a closed lane: only a mesh file that declares it open says how far. */
export function askBeforeOpening(
  { mesh }: Pick<LimitedLane, "mesh">,
  isDeclaredOpen: boolean,
): Recovery[] {
  return [
    { note: "the lane is closed on purpose: ask who closed it before it is opened" },
    ...(isDeclaredOpen
      ? [
          {
            command: command("mesh apply", { mesh }),
            note: "only then: opens it as far as the mesh file declares",
          },
        ]
      : []),
  ];
}

/** Returns whether a bucket never fits an amount, and has a setting that a wider one can be derived from. */
function isTooNarrow(bucket: BucketState, requested: bigint): boolean {
  const { isEnabled, capacity } = bucket;
  return isEnabled && capacity > 0n && capacity < requested && !isClosed(bucket);
}

/** Rounds the amount up to whole tokens, with a rate that fills it as fast as before. */
function widened(requested: bigint, { capacity, rate }: BucketState): Setting {
  return {
    capacity: wholeTokens(requested),
    rate: wholeTokens((rate * requested) / capacity),
  };
}

function filling(requested: bigint, { tokens }: BucketState, { rate }: Setting): string {
  const missing = requested - tokens;
  return formatDuration(missing > 0n ? missing / rate + 1n : 0n);
}

function wholeTokens(units: bigint): bigint {
  return ((units + ONE_TOKEN - 1n) / ONE_TOKEN) * ONE_TOKEN;
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
