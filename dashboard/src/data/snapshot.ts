import { z } from "zod";
import { curseSubject, GLOBAL_CURSE_SUBJECT } from "ccip-localnet/protocol";

import { readAt } from "../model/reading";
import type { Read } from "../model/reading";
import type { ByHand, HeldBack } from "../model/heldBack";
import { clientOf } from "./client";
import { intakesOf } from "./ramps";
import { ContradictionError } from "./useReadings";
import { hex } from "../deployments";
import type { DeployedChain, MeshDescription } from "../deployments";

/** A CCIP token bucket, in token units (wei), with its level at the snapshot's block. */
export interface Bucket {
  readonly isEnabled: boolean;
  readonly tokens: bigint;
  readonly capacity: bigint;
  /** Token units per second. */
  readonly rate: bigint;
}

/** One end of the lanes between a chain and a peer. */
export interface LaneEnd {
  /** True when the pool exchanges messages with the peer. */
  readonly isOpen: boolean;
  readonly outbound: Bucket;
  readonly inbound: Bucket;
  /** The first uncommitted message, by OnRamp of the peer; CCIP 2.0 has no commits. */
  readonly firstUncommitted: ReadonlyMap<string, bigint>;
  readonly isCursed: boolean;
}

/** Home's record of a satellite as a destination of broadcasts. */
export interface Destination {
  readonly lastEpoch: number;
  /** Unix seconds. */
  readonly lastSentAt: number;
  readonly lastMessageId: string;
}

/** State of a satellite's receiver of broadcasts. */
export interface ReceiverState {
  readonly owner: string;
  /** Time at which home sent the newest state that was accepted, unix seconds; 0 before the first. */
  readonly lastConfirmed: number;
  /** The broadcast that waits for a decision, if there is one. */
  readonly heldBack: HeldBack | undefined;
  readonly band: ByHand;
}

/** State of a chain at one block. */
export interface Snapshot {
  readonly chain: string;
  readonly blockNumber: bigint;
  /** Time of the block, unix seconds. */
  readonly timestamp: number;
  /** Chain time minus this machine's time, seconds, when the block was read. */
  readonly clockOffset: number;
  readonly epoch: bigint;
  readonly current: bigint;
  readonly next: bigint;
  readonly effectiveAt: bigint;
  readonly totalShares: bigint;
  readonly issuedShares: bigint | undefined;
  readonly isPaused: boolean;
  /** True when CCIP's RMN has cursed the whole chain. */
  readonly isCursed: boolean;
  /** By the peer's selector. */
  readonly lanes: ReadonlyMap<bigint, LaneEnd>;
  /** By selector; home only. */
  readonly destinations: ReadonlyMap<bigint, Destination>;
  /** Satellites only. */
  readonly receiver: ReceiverState | undefined;
}

/** Returns the shares that home has issued. */
export function issuedOf({ chain, issuedShares }: Snapshot): bigint {
  if (issuedShares === undefined) throw new Error(`${chain} issues no shares: it is not home.`);
  return issuedShares;
}

/** Maximum lag between nodes of one endpoint, seconds. */
const ORDINARY_LAG_SECONDS = 60;

/**
 * Reads one chain at its latest block, in two round trips.
 * @param before the previous snapshot, which an answer from an older block does not replace.
 * @throws when the head went back by more than nodes of one endpoint lag behind each other.
 */
export async function readSnapshot(
  mesh: MeshDescription,
  chain: DeployedChain,
  before?: Read<Snapshot>,
): Promise<Read<Snapshot>> {
  const fresh = await readState(mesh, chain);
  const { blockNumber, timestamp } = fresh;
  const last = before?.value;
  if (last && blockNumber < last.blockNumber) {
    if (last.timestamp - timestamp <= ORDINARY_LAG_SECONDS) return before;
    throw new ContradictionError(
      `its newest block is ${blockNumber}, after it had answered from block ${last.blockNumber}`,
    );
  }
  return readAt(fresh, { source: chain.name, block: blockNumber, time: timestamp });
}

async function readState(mesh: MeshDescription, chain: DeployedChain): Promise<Snapshot> {
  const client = clientOf(chain);
  const [latest, pending] = await Promise.all([
    client.getBlock({ blockTag: "latest" }),
    // The pending block is the only clock of a local chain that is idle.
    client.getBlock({ blockTag: "pending" }).catch(() => undefined),
  ]);
  const at = { blockNumber: latest.number, deployless: true, allowFailure: false } as const;
  const token = { address: hex(chain.contracts.token), abi: mesh.own.token } as const;
  const pool = { address: hex(chain.contracts.pool), abi: mesh.own.pool } as const;
  const peers = mesh.chains.filter((other) => other !== chain);
  const [state, totalShares, isPaused, issuedShares, cursed, ends, destinations, receiver] =
    await Promise.all([
      client.readContract({ ...token, functionName: "indexState", blockNumber: latest.number }),
      client.readContract({ ...token, functionName: "totalShares", blockNumber: latest.number }),
      client.readContract({ ...token, functionName: "paused", blockNumber: latest.number }),
      chain.role === "home"
        ? client.readContract({
            ...token,
            functionName: "issuedShares",
            blockNumber: latest.number,
          })
        : undefined,
      readCurses(
        mesh,
        chain,
        [hex(GLOBAL_CURSE_SUBJECT), ...peers.map((peer) => curseSubject(peer.selector))],
        latest.number,
      ),
      Promise.all(
        peers.map(async (peer) => {
          const [isOpen, [outbound, inbound]] = await client.multicall({
            ...at,
            contracts: [
              { ...pool, functionName: "isSupportedChain", args: [peer.selector] },
              {
                ...pool,
                functionName: "getCurrentRateLimiterState",
                args: [peer.selector, false],
              },
            ],
          });
          const intakes = await intakesOf(mesh, chain, peer, latest.number);
          const firstUncommitted = new Map(
            intakes.map(({ onRamp, minSeqNr }) => [onRamp, minSeqNr]),
          );
          return { isOpen, outbound, inbound, firstUncommitted };
        }),
      ),
      readDestinations(mesh, chain, latest.number),
      readReceiver(mesh, chain, latest.number),
    ]);
  const [globalCurse, ...peerCurses] = cursed;
  if (globalCurse === undefined) throw new Error(`${chain.name} returned no curse state.`);
  const timestamp = Number(latest.timestamp);
  const ownNow = Date.now() / 1_000;
  // The pending block shows if a chain's clock was moved ahead; otherwise this machine's time applies.
  const chainNow = Math.max(timestamp, Number(pending?.timestamp ?? 0n), ownNow);
  const [epoch, current, next, effectiveAt] = state;
  return {
    chain: chain.name,
    blockNumber: latest.number,
    timestamp,
    clockOffset: chainNow - ownNow,
    epoch: BigInt(epoch),
    current,
    next,
    effectiveAt,
    totalShares,
    issuedShares,
    isPaused,
    isCursed: globalCurse,
    lanes: new Map(
      peers.map((peer, i) => {
        const end = ends[i];
        const isCursed = peerCurses[i];
        if (!end || isCursed === undefined)
          throw new Error(`${chain.name} returned no state of its lane with ${peer.name}.`);
        // A curse of everything is one of each subject.
        return [peer.selector, { ...end, isCursed }];
      }),
    ),
    destinations,
    receiver,
  };
}

async function readReceiver(
  mesh: MeshDescription,
  chain: DeployedChain,
  blockNumber: bigint,
): Promise<ReceiverState | undefined> {
  if (!chain.contracts.receiver) return undefined;
  const client = clientOf(chain);
  const contract = {
    address: hex(chain.contracts.receiver),
    abi: mesh.own.receiver,
    blockNumber,
  } as const;
  const [owner, confirmed, held, [band, anchor]] = await Promise.all([
    client.readContract({ ...contract, functionName: "owner" }),
    client.readContract({ ...contract, functionName: "lastConfirmed" }),
    client.readContract({ ...contract, functionName: "getQuarantined" }),
    client.readContract({ ...contract, functionName: "getBand" }),
  ]);
  return {
    owner,
    lastConfirmed: Number(confirmed),
    heldBack: held.epoch === 0 ? undefined : { ...held, epoch: BigInt(held.epoch) },
    band: {
      maxGrowth: BigInt(band.maxGrowth),
      maxLoss: BigInt(band.maxLoss),
      maxStepsByHand: band.maxStepsByHand,
      anchor: anchor.sharesPerToken,
    },
  };
}

async function readCurses(
  mesh: MeshDescription,
  chain: DeployedChain,
  subjects: readonly string[],
  blockNumber: bigint,
): Promise<boolean[]> {
  const answers = await Promise.all(
    subjects.map((subject) =>
      clientOf(chain).readContract({
        address: hex(chain.ccip.rmnProxy),
        abi: isCursedOf(mesh),
        functionName: "isCursed",
        args: [subject],
        blockNumber,
      }),
    ),
  );
  return z.array(z.boolean()).parse(answers);
}

/** Selects the overload of RMNRemote's function that takes a subject. */
function isCursedOf(mesh: MeshDescription) {
  return mesh.ccip.rmnRemote.filter(
    ({ name, inputs }) => name === "isCursed" && Array.isArray(inputs) && inputs.length === 1,
  );
}

async function readDestinations(
  mesh: MeshDescription,
  chain: DeployedChain,
  blockNumber: bigint,
): Promise<ReadonlyMap<bigint, Destination>> {
  const { broadcaster } = chain.contracts;
  if (!broadcaster) return new Map();
  const entries = await Promise.all(
    mesh.satellites.map(async ({ selector }) => {
      const known = await clientOf(chain).readContract({
        address: hex(broadcaster),
        abi: mesh.own.broadcaster,
        functionName: "getDestination",
        args: [selector],
        blockNumber,
      });
      return [
        selector,
        {
          lastEpoch: known.lastEpoch,
          lastSentAt: known.lastSentAt,
          lastMessageId: known.lastMessageId,
        },
      ] as const;
    }),
  );
  return new Map(entries);
}
