import { exactTokens } from "../amount";
import { formatDuration } from "../duration";
import { isClosed, isDeclaredOpen, leastInbound, widestOutbound } from "../mesh/limit";
import type { BucketState, LaneNames, RateLimit } from "../mesh/limit";
import type { MeshConfig } from "../mesh/schema";
import { command } from "../recovery";
import type { Recovery } from "../recovery";
import { MAX_BUCKET, TOKEN_DECIMALS } from "../units";

import type { LaneLimits } from "./reason";

const ONE_TOKEN = 10n ** BigInt(TOKEN_DECIMALS);

/** A lane of a mesh, by network names. */
interface LimitedLane {
  readonly mesh: string;
  readonly from: string;
  readonly to: string;
}

type Setting = Pick<RateLimit, "capacity" | "rate">;

/** Returns the buckets of a lane with the rules of its mesh file. */
export function laneLimits(
  config: MeshConfig,
  lane: LaneNames,
  outbound: BucketState,
  inbound?: BucketState,
): LaneLimits {
  return {
    outbound,
    widest: widestOutbound(config),
    isDeclaredOpen: isDeclaredOpen(config, lane),
    ...(inbound && { inbound, least: leastInbound(config, outbound) }),
  };
}

/**
 * Returns the limit that lets an amount leave: the inbound one follows, and the rate rises by the same
 * factor. Nothing where the bucket is not too narrow or is closed; no command where no bucket can hold so much.
 */
export function wideOutbound(
  lane: LimitedLane,
  requested: bigint,
  { outbound, widest }: Pick<LaneLimits, "outbound" | "widest">,
): Recovery[] {
  if (!isTooNarrow(outbound, requested)) return [];
  const { capacity, rate } = widened(requested, outbound);
  if (capacity > widest) {
    return [{ note: `no limit can be raised above ${exactTokens(widest)} tokens` }];
  }
  return [
    {
      command: setLimits(lane, { capacity, rate }),
      note: `lets it leave, once the bucket has filled (about ${filling(requested, outbound, rate)})`,
    },
  ];
}

/**
 * Returns the limit that lets an amount arrive and leaves the outbound one as it is. Nothing where the
 * bucket is not too narrow, or one of the two is closed.
 */
export function wideInbound(
  lane: LimitedLane,
  requested: bigint,
  { inbound, outbound, least }: Pick<LaneLimits, "inbound" | "outbound" | "least">,
): Recovery[] {
  if (!inbound || !least || !isTooNarrow(inbound, requested) || isClosed(outbound)) return [];
  const wider = widened(requested, inbound);
  const capacity = wider.capacity > least.capacity ? wider.capacity : least.capacity;
  const rate = wider.rate > least.rate ? wider.rate : least.rate;
  if (!outbound.isEnabled || capacity > MAX_BUCKET) {
    const { mesh, from, to } = lane;
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
      command: setLimits(lane, outbound, { capacity, rate }),
      note: `lets it in, once the bucket has filled (about ${filling(requested, inbound, rate)}); the outbound limit stays as it is`,
    },
  ];
}

function setLimits({ mesh, from, to }: LimitedLane, outbound: Setting, inbound?: Setting): string {
  return command("limits set", {
    from,
    to,
    capacity: exactTokens(outbound.capacity),
    rate: exactTokens(outbound.rate),
    "inbound-capacity": inbound && exactTokens(inbound.capacity),
    "inbound-rate": inbound && exactTokens(inbound.rate),
    mesh,
  });
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

function filling(requested: bigint, { tokens }: BucketState, rate: bigint): string {
  const missing = requested - tokens;
  return formatDuration(missing > 0n ? missing / rate + 1n : 0n);
}

function wholeTokens(units: bigint): bigint {
  return ((units + ONE_TOKEN - 1n) / ONE_TOKEN) * ONE_TOKEN;
}
