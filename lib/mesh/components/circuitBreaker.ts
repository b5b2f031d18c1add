import { formatUnits } from "ethers";

import { abi, contractAt } from "../../core/abis";
import { UNCHANGED, formatGrowthIndex } from "../../core/growth";
import type { HomeChain, Mesh, SatelliteChain } from "../../core/mesh/mesh";
import { command } from "../../core/recovery";
import { timeText } from "../../core/time";
import { unlessReverted } from "../../core/revert/contractError";
import type { PinnedChain } from "../../rpc/pinned";
import type { Call, Step } from "../step";
import { change, stepOn } from "../stepBuilders";

/** Bounds of the index: growth and loss of a step in millionths, the interval in seconds; all 0 for no bounds. */
export interface Band {
  readonly maxGrowth: bigint;
  readonly maxLoss: bigint;
  readonly minInterval: bigint;
  readonly maxSteps: bigint;
  readonly maxStepsByHand: bigint;
}

/** The index that the band is measured from, in shares per token unit; its time in unix seconds. */
export interface Anchor {
  readonly sharesPerToken: bigint;
  readonly epoch: bigint;
  readonly time: bigint;
}

/** A complete index state, as home broadcasts it: indexes in shares per token unit, the time in unix seconds. */
export interface IndexState {
  readonly epoch: bigint;
  readonly current: bigint;
  readonly next: bigint;
  readonly effectiveAt: bigint;
}

/** A broadcast that is held back, and since when, unix seconds. */
export interface Quarantined extends IndexState {
  readonly since: bigint;
  readonly isRejected: boolean;
}

/** The circuit breaker of a receiver. */
export interface CircuitBreaker {
  readonly band: Band;
  readonly anchor: Anchor;
  /** The broadcast that is held back because its index is outside of the band. */
  readonly quarantined: Quarantined | undefined;
  /** Time at which home sent the newest state that was accepted, unix seconds; 0 before the first. */
  readonly lastConfirmed: bigint;
  /** Number of times that the token's admin has replaced the index: an epoch rises within a generation only. */
  readonly generation: bigint;
}

const NO_BAND: Band = {
  maxGrowth: 0n,
  maxLoss: 0n,
  minInterval: 0n,
  maxSteps: 0n,
  maxStepsByHand: 0n,
};

const NO_ANCHOR: Anchor = { sharesPerToken: 0n, epoch: 0n, time: 0n };

/** Reads the circuit breaker of a satellite's receiver; one without anything where the contract is no receiver. */
export async function readCircuitBreaker(
  { contracts }: SatelliteChain,
  pinned: PinnedChain,
): Promise<CircuitBreaker> {
  const receiver = contractAt.receiver(contracts.receiver, pinned);
  const [bounds, held, lastConfirmed, [generation]] = await Promise.all([
    unlessReverted(receiver.getBand(), undefined),
    unlessReverted(receiver.getQuarantined(), undefined),
    unlessReverted(receiver.lastConfirmed(), 0n),
    contractAt.token(contracts.token, pinned).generation(),
  ]);
  const [band, anchor] = bounds ?? [NO_BAND, NO_ANCHOR];
  const { maxGrowth, maxLoss, minInterval, maxSteps, maxStepsByHand } = band;
  const { sharesPerToken, epoch, time } = anchor;
  return {
    band: { maxGrowth, maxLoss, minInterval, maxSteps, maxStepsByHand },
    anchor: { sharesPerToken, epoch, time },
    quarantined: held && quarantinedOf(held),
    lastConfirmed,
    generation,
  };
}

function quarantinedOf(held: Quarantined): Quarantined | undefined {
  const { epoch, current, next, effectiveAt, since, isRejected } = held;
  return epoch === 0n ? undefined : { epoch, current, next, effectiveAt, since, isRejected };
}

/**
 * Returns the most steps that the next broadcast may be away from the anchor at a time; fewer if it skips fewer epochs.
 * While a broadcast is held back, the receiver's clock stands still at its arrival.
 */
export function allowedSteps(
  { band, anchor, quarantined }: Pick<CircuitBreaker, "band" | "anchor" | "quarantined">,
  now: bigint,
): bigint {
  if (band.maxSteps === 0n) return 0n;
  const clock = quarantined && !quarantined.isRejected ? quarantined.since : now;
  const byClock = 1n + (clock - anchor.time) / band.minInterval;
  return byClock < band.maxSteps ? byClock : band.maxSteps;
}

/** Returns whether a broadcast is held back that nobody has decided about. */
export function isUndecided({ quarantined }: Pick<CircuitBreaker, "quarantined">): boolean {
  return quarantined?.isRejected === false;
}

/** Describes a broadcast that is held back: "epoch 7, growth index 1.3, since 2026-11-30T10:00:00Z". */
export function quarantineText(held: Quarantined): string {
  const { epoch, current, next, effectiveAt, since, isRejected } = held;
  const index = [formatGrowthIndex(current)];
  if (next !== current) index.push(`${formatGrowthIndex(next)} from ${timeText(effectiveAt)} on`);
  return `epoch ${epoch}, growth index ${index.join(", and ")}, since ${timeText(since)}${isRejected ? ", rejected" : ""}`;
}

/**
 * Returns what to do about a broadcast that a satellite holds back.
 * @param home the index state of home; undefined while it was not read.
 */
export function quarantineRecovery(
  mesh: string,
  chain: string,
  held: Quarantined,
  home: IndexState | undefined,
): string {
  const { epoch, isRejected } = held;
  const run = (task: string) => `"${command(task, { chain, mesh })}"`;
  if (isRejected) {
    return `it was rejected: a broadcast of epoch ${epoch + 1n} or a newer one inside of the band ends it, or the timelock accepts it with ${run("receiver accept")}`;
  }
  const decide = `${run("receiver accept")} (operations, or the timelock where it is further away) or ${run("receiver reject")} (the guardian)`;
  if (!home) return `compare it with home, then ${decide}`;
  if (epoch < home.epoch) {
    return `home is at epoch ${home.epoch} by now: "${command("rebase broadcast", { to: chain, mesh })}" first, then ${decide}`;
  }
  return isSameIndex(held, home)
    ? `it is the index that home has: if the rebases at home are known, ${run("receiver accept")} (operations, or the timelock where it is further away), else ${run("receiver reject")} (the guardian)`
    : `home, at epoch ${home.epoch}, never sent it: ${run("receiver reject")} (the guardian), and find out who did: the broadcaster, the lane or CCIP was taken over`;
}

/** Returns whether two index states are the same. */
export function isSameIndex(one: IndexState, other: IndexState): boolean {
  const fields = ["epoch", "current", "next", "effectiveAt"] as const;
  return fields.every((field) => one[field] === other[field]);
}

/** A millionth of a factor in 1e27. */
const MILLIONTH = 10n ** 21n;

/** Returns the band that a mesh file declares, its factors rounded outwards to millionths. */
export function declaredBand({ config }: Mesh): Band {
  if (!config.receiver) return NO_BAND;
  const { minGrowthFactor, maxGrowthFactor, ...others } = config.receiver.band;
  return {
    maxGrowth: millionths(maxGrowthFactor - UNCHANGED),
    maxLoss: millionths(UNCHANGED - minGrowthFactor),
    minInterval: BigInt(others.minInterval),
    maxSteps: BigInt(others.maxSteps),
    maxStepsByHand: BigInt(others.maxStepsByHand),
  };
}

function millionths(difference: bigint): bigint {
  return (difference + MILLIONTH - 1n) / MILLIONTH;
}

/** Describes a band: "+10 % to -10 % per 3600 s, 3 steps at once, 10 by hand". */
export function bandText(band: Band): string {
  const { maxGrowth, maxLoss, minInterval, maxSteps, maxStepsByHand } = band;
  if (maxSteps === 0n) return "none";
  const percent = (value: bigint) => `${formatUnits(value, 4).replace(/\.0$/, "")} %`;
  return `+${percent(maxGrowth)} to -${percent(maxLoss)} per ${minInterval} s, ${maxSteps} ${maxSteps === 1n ? "step" : "steps"} at once, ${maxStepsByHand} by hand`;
}

/** The bounds of a rebase that a band has to enclose: factors in 1e27, the interval in seconds. */
interface RebaseBounds {
  readonly minGrowthFactor: bigint;
  readonly maxGrowthFactor: bigint;
  readonly minInterval: bigint | number;
}

/** Returns whether every rebase that a controller may decide is inside of a band. */
function encloses(band: Band, bounds: RebaseBounds): boolean {
  return (
    band.maxSteps === 0n ||
    (millionths(bounds.maxGrowthFactor - UNCHANGED) <= band.maxGrowth &&
      millionths(UNCHANGED - bounds.minGrowthFactor) <= band.maxLoss &&
      BigInt(bounds.minInterval) >= band.minInterval)
  );
}

/**
 * Returns the steps that set the band of a satellite: before the bounds of the controller are widened, and after they
 * are narrowed, so that no honest rebase is held back meanwhile. Where one bound is widened and another one narrowed, a
 * band that encloses both comes first.
 */
export function bandSteps(
  mesh: Mesh,
  chain: SatelliteChain,
  { band }: CircuitBreaker,
  home: { readonly controller: { readonly config: RebaseBounds } } | undefined,
  byOwner: (data: string) => Call,
): Step[] {
  const declared = declaredBand(mesh);
  const isNarrower = home !== undefined && !encloses(declared, home.controller.config);
  const step = (id: string, title: string, next: Band, after: readonly string[]) =>
    stepOn(chain, id, {
      title,
      changes: [change("band", bandText(band), bandText(next))],
      after,
      call: byOwner(abi.receiver.encodeFunctionData("setBand", [next])),
    });
  const title = "bound the index that a broadcast may bring";
  const steps = [
    step("receiver/band", title, declared, isNarrower ? [controllerId(mesh.home)] : []),
  ];
  if (isNarrower && !encloses(band, mesh.config.controller)) {
    const until = `${title}, by the present and the declared band until home has its bounds`;
    steps.unshift(step("receiver/both bands", until, union(band, declared), []));
  }
  return steps;
}

/** Returns the id of the step of a satellite's band that comes before home's bounds are set; none if all come after. */
export function bandAhead(
  mesh: Mesh,
  { name }: SatelliteChain,
  { band }: CircuitBreaker,
  present: RebaseBounds,
): string[] {
  if (encloses(declaredBand(mesh), present)) return [`${name}/receiver/band`];
  return encloses(band, mesh.config.controller) ? [] : [`${name}/receiver/both bands`];
}

/** Returns the narrowest band that encloses two others. */
function union(one: Band, other: Band): Band {
  const most = (field: keyof Band) => (one[field] > other[field] ? one[field] : other[field]);
  return {
    maxGrowth: most("maxGrowth"),
    maxLoss: most("maxLoss"),
    minInterval: one.minInterval < other.minInterval ? one.minInterval : other.minInterval,
    maxSteps: most("maxSteps"),
    maxStepsByHand: most("maxStepsByHand"),
  };
}

/** Returns the id of the step that sets the bounds of a rebase. */
export function controllerId({ name }: Pick<HomeChain, "name">): string {
  return `${name}/controller/config`;
}
