import { OperatorError } from "../errors";
import type { LimitChoice, LimitSet, MeshConfig } from "./schema";
import { UNCHANGED } from "../growth";
import { MAX_BUCKET, TOKEN_DECIMALS } from "../units";

/** Configuration of a CCIP rate limiter, in token units (wei); disabled means unlimited. */
export interface RateLimit {
  readonly isEnabled: boolean;
  readonly capacity: bigint;
  readonly rate: bigint;
}

/** The current state of a bucket: its configuration, and its tokens in token units (wei). */
export interface BucketState extends RateLimit {
  /** The tokens at the block that was read; meaningless while it is disabled. */
  readonly tokens: bigint;
}

/** A directed pair of chains, by network name. */
export interface LaneNames {
  readonly source: string;
  readonly destination: string;
}

export const UNLIMITED: RateLimit = { isEnabled: false, capacity: 0n, rate: 0n };

/** The limit of a closed lane: CCIP has no switch, and a bucket of one token unit blocks all amounts of value. */
export const CLOSED: RateLimit = { isEnabled: true, capacity: 1n, rate: 1n };

/** Returns whether two buckets have the same configuration. */
export function sameLimit(a: RateLimit | undefined, b: RateLimit): boolean {
  return a?.isEnabled === b.isEnabled && a.capacity === b.capacity && a.rate === b.rate;
}

/** Returns whether a bucket blocks all amounts of value. */
export function isClosed(limit: RateLimit): boolean {
  return sameLimit(limit, CLOSED);
}

/** Returns whether a bucket has a smaller capacity than another. */
export function isTighter(limit: RateLimit, than: RateLimit): boolean {
  if (!limit.isEnabled) return false;
  return !than.isEnabled || limit.capacity < than.capacity;
}

/** Basis points of a whole. */
const BASIS_POINTS = 10_000n;

/** Returns the lane from one chain to another. */
export function laneBetween(
  source: { readonly name: string },
  destination: { readonly name: string },
): LaneNames {
  return { source: source.name, destination: destination.name };
}

/** Returns the key of a lane in a mesh file. */
export function laneKey({ source, destination }: LaneNames): string {
  return `${source} -> ${destination}`;
}

/** Returns the limit that a mesh file declares for a lane; the default limit without a lane. */
function limitOf(config: MeshConfig, lane?: LaneNames): LimitSet {
  const choice = (lane && config.lanes.pairs?.[laneKey(lane)]) ?? config.lanes.outbound;
  const set = resolveLimit(config.lanes.limits, choice);
  if (set) return set;
  throw new OperatorError(
    "INVALID_MESH_FILE",
    `There is no limit ${JSON.stringify(choice)} in lanes.limits of mesh ${config.name}.`,
  );
}

/** Resolves a limit given by name or as an object; undefined for an unknown name. */
export function resolveLimit(
  named: Readonly<Record<string, LimitSet>> | undefined,
  choice: LimitChoice,
): LimitSet | undefined {
  if (typeof choice !== "string" || choice === "unlimited" || choice === "closed") return choice;
  return named?.[choice];
}

/** Returns the outbound bucket of a lane; the default bucket without a lane. */
export function outboundLimit(config: MeshConfig, lane?: LaneNames): RateLimit {
  return bucketsOf(config, limitOf(config, lane)).outbound;
}

/** Returns the inbound bucket of a lane, as declared, or else by {@link leastInbound}. */
export function inboundLimit(config: MeshConfig, lane?: LaneNames): RateLimit {
  return bucketsOf(config, limitOf(config, lane)).inbound;
}

/** Returns the buckets of fast transfers at both ends of a lane; disabled, which rejects them, unless declared. */
export function fastLimits(config: MeshConfig, lane: LaneNames): Buckets {
  return bucketsOf(config, config.lanes.fast?.[laneKey(lane)] ?? "unlimited");
}

interface Buckets {
  readonly outbound: RateLimit;
  readonly inbound: RateLimit;
}

function bucketsOf(config: MeshConfig, set: LimitSet): Buckets {
  if (set === "unlimited") return { outbound: UNLIMITED, inbound: UNLIMITED };
  if (set === "closed") return { outbound: CLOSED, inbound: CLOSED };
  const { capacity, rate, inbound = leastInbound(config, set) } = set;
  return {
    outbound: { isEnabled: true, capacity, rate },
    inbound: { isEnabled: true, ...inbound },
  };
}

/** Returns whether a mesh file allows amounts of value through a lane: what may leave also fits where it arrives. */
export function isDeclaredOpen(config: MeshConfig, lane: LaneNames): boolean {
  return !isClosed(outboundLimit(config, lane));
}

/**
 * Returns the minimum inbound bucket for an outbound one by the rules of a mesh file: raised by the headroom and by
 * every rebase that may take effect while a message is in flight, so that a full-size message always fits.
 */
export function leastInbound(
  config: MeshConfig,
  { capacity, rate }: Pick<RateLimit, "capacity" | "rate">,
): Pick<RateLimit, "capacity" | "rate"> {
  return { capacity: raisedForTransit(config, capacity), rate: raisedForTransit(config, rate) };
}

/** Returns whether two lists contain the same verifiers, in any order. */
export function sameSet(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((one) => others.includes(one));
}

/** The settings that bound how much the value of a message may change in flight. */
type TransitRules = Pick<MeshConfig, "controller"> & {
  readonly lanes: Pick<MeshConfig["lanes"], "inboundHeadroomBps" | "rebasesInFlight">;
};

/** Returns the largest outbound capacity, in whole tokens, for which an inbound bucket is still representable. */
export function widestOutbound(rules: TransitRules): bigint {
  const whole = 10n ** BigInt(TOKEN_DECIMALS);
  return (MAX_BUCKET ** 2n / raisedForTransit(rules, MAX_BUCKET) / whole) * whole;
}

/**
 * Returns the largest value that an amount may have on arrival, with the headroom added, in token units. A rebase
 * changes it by a growth that the destination has and the source had not, or by a loss that the source has and the
 * destination lacks: there the same shares are still worth more.
 */
export function raisedForTransit({ lanes, controller }: TransitRules, amount: bigint): bigint {
  const { minGrowthFactor, maxGrowthFactor } = controller;
  // Rounded up to a whole basis point to keep the limits readable.
  const missedLoss =
    (ceilDiv(BASIS_POINTS * UNCHANGED, minGrowthFactor) * UNCHANGED) / BASIS_POINTS;
  const worst = maxGrowthFactor > missedLoss ? maxGrowthFactor : missedLoss;
  let raised = ceilDiv(amount * (BASIS_POINTS + BigInt(lanes.inboundHeadroomBps)), BASIS_POINTS);
  for (let i = 0; i < lanes.rebasesInFlight; i++) raised = ceilDiv(raised * worst, UNCHANGED);
  return raised;
}

function ceilDiv(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor - 1n) / divisor;
}
