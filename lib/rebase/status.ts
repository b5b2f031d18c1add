import type { HomeChain, Mesh, MeshChain, SatelliteChain } from "../core/mesh/mesh";
import { contractAt } from "../core/abis";
import { isSameIndex, readCircuitBreaker } from "../mesh/components/circuitBreaker";
import type { CircuitBreaker, IndexState } from "../mesh/components/circuitBreaker";
import { eachThatAnswers } from "../mesh/unread";
import type { UnreadChains } from "../mesh/unread";
import { pinLatest } from "../rpc/pinned";
import type { PinnedChain } from "../rpc/pinned";

/** The index state of a chain at one of its blocks. */
export interface ChainStatus extends IndexState {
  readonly chain: string;
  readonly blockNumber: number;
  /** Time of that block, unix seconds. */
  readonly timestamp: bigint;
  /** The effective index at that block. */
  readonly sharesPerToken: bigint;
  /** True if `next` is not effective yet at that block. */
  readonly pending: boolean;
}

/** The broadcaster's record of a satellite. */
export interface Destination {
  /** The last epoch sent, 0 if none; it may not have arrived. */
  readonly lastEpoch: bigint;
  /** Unix seconds. */
  readonly lastSentAt: bigint;
  readonly lastMessageId: string;
}

/** The state of a satellite: when home last confirmed it, and what it holds back. */
export type FollowerStatus = ChainStatus &
  Pick<CircuitBreaker, "lastConfirmed" | "quarantined" | "generation">;

/** The state of a satellite compared with home. */
export interface SatelliteStatus extends FollowerStatus {
  /**
   * `stale` has an older epoch. `diverged` has a newer one, or another index for the same one, which home never sent:
   * a message or a receiver was forged.
   */
  readonly syncStatus: "synced" | "stale" | "diverged";
  /** Undefined when the broadcaster does not know the satellite. */
  readonly destination?: Destination | undefined;
}

/** The state of every chain of a mesh, each at its own block. */
export interface RebaseStatus {
  readonly home: ChainStatus;
  readonly satellites: readonly SatelliteStatus[];
}

/**
 * Reads the index of every chain and the broadcasts sent to the satellites.
 * @param notBefore minimum block number of home, for endpoints that lag.
 */
export async function readStatus(mesh: Mesh, notBefore = 0): Promise<RebaseStatus> {
  const { home, satellites } = mesh;
  // Home is read last: a satellite may then seem stale for a moment, but never ahead of home.
  const followers = await Promise.all(satellites.map(readSatellite));
  const homeStatus = await readHome(home, notBefore);
  return {
    home: homeStatus.status,
    satellites: followers.map((follower) => comparedWith(homeStatus, follower)),
  };
}

/** The part of the index state that could be read; without home, no satellite can be compared with it. */
export interface StatusReading {
  readonly home?: ChainStatus | undefined;
  /** The satellites that answered. */
  readonly satellites: readonly (FollowerStatus & Partial<SatelliteStatus>)[];
  readonly unread: UnreadChains;
}

/**
 * Reads the index of every chain that answers, and the broadcasts sent to the satellites.
 * @param unreachable chains that are known not to answer.
 */
export async function readEachStatus(
  { home, satellites }: Mesh,
  unreachable?: UnreadChains,
): Promise<StatusReading> {
  const followers = await eachThatAnswers(satellites, unreachable, readSatellite);
  const { read, unread } = await eachThatAnswers([home], followers.unread, () => readHome(home));
  const homeStatus = read.get(home.name);
  return {
    home: homeStatus?.status,
    satellites: satellites.flatMap(({ name }) => {
      const follower = followers.read.get(name);
      if (!follower) return [];
      return [homeStatus ? comparedWith(homeStatus, follower) : follower.status];
    }),
    unread,
  };
}

/** Reads the index of home only. @param notBefore minimum block number, for endpoints that lag. */
export async function readHomeStatus(home: HomeChain, notBefore = 0): Promise<ChainStatus> {
  return readChain(home, await pinLatest(home.name, home.provider, notBefore));
}

/** Returns the satellites that are not synced with home. */
export function notSynced({ satellites }: Mesh, status: RebaseStatus): SatelliteChain[] {
  return satellites.filter(({ name }) => satelliteStatus(status, name).syncStatus !== "synced");
}

export function satelliteStatus(status: RebaseStatus, name: string): SatelliteStatus {
  const found = status.satellites.find(({ chain }) => chain === name);
  if (!found) throw new Error(`${name} is not a satellite of this mesh.`);
  return found;
}

/** Returns the effective index at a time: computed, because a node answers with the time of its latest block. */
function indexAt({ current, next, effectiveAt }: IndexState, timestamp: bigint): bigint {
  return timestamp < effectiveAt ? current : next;
}

/** Reads home's index state, and its broadcast records by selector. */
async function readHome(home: HomeChain, notBefore = 0) {
  const pinned = await pinLatest(home.name, home.provider, notBefore);
  const broadcaster = contractAt.broadcaster(home.contracts.broadcaster, pinned);
  const selectors = await broadcaster.getDestinations();
  const [status, ...destinations] = await Promise.all([
    readChain(home, pinned),
    ...selectors.map(async (selector): Promise<[bigint, Destination]> => {
      const { lastEpoch, lastSentAt, lastMessageId } = await broadcaster.getDestination(selector);
      return [selector, { lastEpoch, lastSentAt, lastMessageId }];
    }),
  ]);
  return { status, destinations: new Map(destinations) };
}

async function readSatellite(satellite: SatelliteChain) {
  const pinned = await pinLatest(satellite.name, satellite.provider);
  const [index, { lastConfirmed, quarantined, generation }] = await Promise.all([
    readChain(satellite, pinned),
    readCircuitBreaker(satellite, pinned),
  ]);
  const status: FollowerStatus = { ...index, lastConfirmed, quarantined, generation };
  return { status, selector: satellite.selector };
}

async function readChain(chain: MeshChain, pinned: PinnedChain): Promise<ChainStatus> {
  const token = contractAt.token(chain.contracts.token, pinned);
  const { epoch_: epoch, current, next, effectiveAt } = await token.indexState();
  const { blockNumber, timestamp } = pinned;
  const state = { epoch, current, next, effectiveAt };
  return {
    chain: chain.name,
    blockNumber,
    timestamp,
    ...state,
    sharesPerToken: indexAt(state, timestamp),
    pending: timestamp < effectiveAt,
  };
}

function comparedWith(
  { status: home, destinations }: Awaited<ReturnType<typeof readHome>>,
  { status, selector }: Awaited<ReturnType<typeof readSatellite>>,
): SatelliteStatus {
  const isSame = isSameIndex(status, home);
  const unlike = status.epoch < home.epoch ? "stale" : "diverged";
  return {
    ...status,
    syncStatus: isSame ? "synced" : unlike,
    destination: destinations.get(selector),
  };
}
