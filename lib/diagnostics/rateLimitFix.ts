import { exactTokens } from "../core/amount";
import { formatDuration } from "../core/duration";
import { inboundLimit, isClosed, outboundLimit, raisedForTransit } from "../core/mesh/limit";
import type { LaneNames } from "../core/mesh/limit";
import type { MeshConfig } from "../core/mesh/schema";
import { MAX_BUCKET, TOKEN_DECIMALS } from "../core/units";

import type { Bucket } from "./facts";
import { command } from "./recovery";
import type { Recovery } from "./recovery";

const ONE_TOKEN = 10n ** BigInt(TOKEN_DECIMALS);

/** A lane of a mesh, by network names. */
export interface LimitedLane {
  readonly mesh: string;
  readonly from: string;
  readonly to: string;
}

/** A bucket's measure, in token units and token units per second. */
export interface Measure {
  readonly capacity: bigint;
  readonly rate: bigint;
}

/** The bucket through which tokens leave. */
export interface OutboundBucket extends Bucket {
  /** The most that it may be set to, so that a bucket can hold what arrives. */
  readonly widest: bigint;
}

/**
 * What lets an amount leave: the arriving end follows. The rate rises by the same factor. Nothing where
 * the bucket does not stop it, or is closed; no command where no bucket could hold so much.
 */
export function wideOutbound(
  { mesh, from, to }: LimitedLane,
  requested: bigint,
  bucket: OutboundBucket,
): Recovery[] {
  if (!isTooNarrow(bucket, requested)) return [];
  const wider = widened(requested, bucket);
  if (wider.capacity > bucket.widest) {
    return [{ note: `no limit can be raised above ${exactTokens(bucket.widest)} tokens` }];
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
      note: `lets it leave, once the bucket has filled (about ${filling(requested, bucket, wider)})`,
    },
  ];
}

/**
 * What lets an amount arrive and leaves what may be sent as it is. Nothing where the bucket does not stop
 * it, or one of the two is closed.
 * @param outbound the bucket at the other end.
 * @param least what has to fit the arriving end at any rate, by the rules of a mesh file.
 */
export function wideInbound(
  { mesh, from, to }: LimitedLane,
  requested: bigint,
  { inbound, outbound, least }: { inbound: Bucket; outbound: Bucket; least: Measure },
): Recovery[] {
  if (!isTooNarrow(inbound, requested) || isClosed(outbound)) return [];
  const wider = widened(requested, inbound);
  const arriving = {
    capacity: larger(wider.capacity, least.capacity),
    rate: larger(wider.rate, least.rate),
  };
  if (!outbound.isEnabled || arriving.capacity > MAX_BUCKET) {
    const why = outbound.isEnabled
      ? "no limit can be raised so far"
      : "without a limit for what leaves, one for what arrives only strands messages";
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
      note: `lets it in, once the bucket has filled (about ${filling(requested, inbound, arriving)}); what may leave stays as it is`,
    },
  ];
}

/** Why a closed lane is left alone: somebody meant it, and has to be asked. */
export function closedText({ from, to }: Pick<LimitedLane, "from" | "to">): string {
  return `The lane from ${from} to ${to} is closed on purpose: its bucket holds one unit, and lets nothing of worth through.`;
}

/** What is to be done about a closed lane. Only a mesh file that declares it open says how far. */
export function askWhoClosed(
  { mesh }: Pick<LimitedLane, "mesh">,
  isOpenInFile: boolean,
): Recovery[] {
  return [
    { note: "the lane is closed on purpose: ask who closed it before it is opened" },
    ...(isOpenInFile
      ? [
          {
            command: command("mesh apply", { mesh }),
            note: "only then: opens it as far as the mesh file declares",
          },
        ]
      : []),
  ];
}

/** Whether a mesh file lets anything of worth through a lane. */
export function isDeclaredOpen(config: MeshConfig, lane: LaneNames): boolean {
  return ![outboundLimit(config, lane), inboundLimit(config, lane)].some(isClosed);
}

/** What has to fit where tokens arrive, by the rules of a mesh file, for what may leave. */
export function leastInbound(config: MeshConfig, { capacity, rate }: Measure): Measure {
  return { capacity: raisedForTransit(config, capacity), rate: raisedForTransit(config, rate) };
}

/** Whether a bucket never fits an amount, and says by its own measure how a wider one should be. */
function isTooNarrow(bucket: Bucket, requested: bigint): boolean {
  const { isEnabled, capacity } = bucket;
  return isEnabled && capacity > 0n && capacity < requested && !isClosed(bucket);
}

/** The amount in whole tokens, rounded up, and a rate that fills it as fast as the bucket before. */
function widened(requested: bigint, { capacity, rate }: Bucket): Measure {
  return {
    capacity: wholeTokens(requested),
    rate: wholeTokens((rate * requested) / capacity),
  };
}

function filling(requested: bigint, { tokens }: Bucket, { rate }: Measure): string {
  const missing = requested - tokens;
  return formatDuration(missing > 0n ? missing / rate + 1n : 0n);
}

function wholeTokens(units: bigint): bigint {
  return ((units + ONE_TOKEN - 1n) / ONE_TOKEN) * ONE_TOKEN;
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
