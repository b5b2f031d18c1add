import { Interface } from "ethers";
import { createContext, useContext, useEffect, useMemo, useState } from "react";
import type { ReactNode } from "react";
import { decodeRevert } from "ccip-localnet/protocol";

import { decodeOwn } from "./events";
import { readLedger } from "./logs";
import type { Ledger } from "./logs";
import { readSnapshot } from "./snapshot";
import type { LaneEnd, Snapshot } from "./snapshot";
import { useReadings } from "./useReadings";
import { useVerified } from "./verifications";
import type { ChainLog } from "./cache";
import type { DeployedChain, MeshDescription } from "../deployments";
import {
  all,
  failedSince,
  failuresOf,
  gather,
  knownOf,
  lastRead,
  map,
  mapGathered,
  unread,
} from "../model/reading";
import type { Gathered, Reading } from "../model/reading";
import { briefReason } from "core/reasons/catalogue";
import type { ChainIndex } from "core/syncStatus";
import { sharesInFlight } from "../model/inFlight";
import type { IndexChange } from "../model/history";
import { sharesPerToken, toTokens } from "../model/indexState";
import { openStore, trackMessages, waitsForVerifiers, withVerified } from "../model/messages";
import type { MessageStore, RefusedBroadcast, TrackedMessage } from "../model/messages";
import { overtakenByEpoch, overtakenByTransfers } from "../model/overtaken";
import type { Arrival } from "../model/overtaken";
import { conserve, lagCause, meshHealth } from "../model/health";
import type { Conservation, Lag, MeshHealth } from "../model/health";
import { heartbeatFinding, heldFinding } from "../model/heldBack";
import type { Finding } from "../model/heldBack";

/** Known state of a chain. */
export interface ChainReading {
  readonly chain: DeployedChain;
  readonly snapshot: Reading<Snapshot>;
  readonly ledger: Reading<Ledger>;
  /** The index states of the chain, oldest first. */
  readonly changes: Reading<readonly IndexChange[]>;
}

/** Sync status of a satellite. */
export interface SyncReading {
  readonly chain: DeployedChain;
  /** Its lag; a value of undefined means that it is synced. */
  readonly lag: Reading<Lag | undefined>;
}

/** State of all pages, derived from the latest readings of the chains. */
export interface MeshState {
  readonly mesh: MeshDescription;
  readonly chains: readonly ChainReading[];
  /** Returns the known state of a chain by its name. */
  readonly chainOf: (name: string) => ChainReading;
  readonly home: Reading<Snapshot>;
  readonly health: MeshHealth;
  readonly satellites: readonly SyncReading[];
  readonly conservation: Reading<Conservation>;
  /** Known messages, the newest first, without those from unread chains. */
  readonly messages: Gathered<readonly TrackedMessage[]>;
  /** Failed broadcasts, the newest first. */
  readonly refusals: Reading<readonly RefusedBroadcast[]>;
  /** Fraction of a chain's logs that has been read, during the first reading. */
  readonly scans: ReadonlyMap<string, number>;
  /** Returns the chain time at a time of this machine, unix seconds. */
  readonly now: (chain: string) => number;
}

const MeshContext = createContext<MeshState | undefined>(undefined);

/** Returns the newest known state of all chains. */
export function useMesh(): MeshState {
  const state = useContext(MeshContext);
  if (!state) throw new Error("useMesh belongs below MeshProvider.");
  return state;
}

/** Returns the current time of this machine, unix seconds, updated every second. */
export function useTick(): number {
  const [now, setNow] = useState(() => Date.now() / 1_000);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now() / 1_000), 1_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/** Reads every chain periodically and independently: a slow or dead one delays no other. */
export function MeshProvider({ mesh, children }: { mesh: MeshDescription; children: ReactNode }) {
  const interval = mesh.live ? 12_000 : 2_000;
  const snapshots = useReadings<Snapshot>(mesh.chains, {
    key: ["snapshot"],
    read: (chain, before) => readSnapshot(mesh, chain, before),
    interval,
  });
  const [scans, setScans] = useState<ReadonlyMap<string, number>>(() => new Map());
  const ledgers = useReadings<Ledger>(mesh.chains, {
    key: ["ledger"],
    read: (chain) =>
      readLedger(mesh, chain, (done) => {
        setScans((before) =>
          before.get(chain.name) === 1 ? before : new Map(before).set(chain.name, done),
        );
      }),
    interval,
  });
  const tick = useTick();
  // Only new data from a chain changes the derived state, not the bookkeeping of queries.
  const version = [
    ...snapshots.map((snapshot) =>
      versionOf(snapshot, lastRead(snapshot)?.value.clockOffset.toFixed(1)),
    ),
    ...ledgers.map((ledger) => versionOf(ledger)),
  ].join(";");
  const readings = useMemo(
    () => readingsOf(mesh, snapshots, ledgers),
    // version represents both.
    [mesh, version],
  );
  const waiting = knownOf(readings.messages).filter(waitsForVerifiers);
  const verified = useVerified(
    mesh,
    waiting.map(({ id }) => id),
  );
  const state = useMemo((): MeshState => {
    const { chains, refusals } = readings;
    const messages = mapGathered(readings.messages, (known) => withVerified(known, verified));
    const chainOf = (name: string): ChainReading => {
      const found = chains.find(({ chain }) => chain.name === name);
      if (!found) throw new Error(`${name} is not a chain of this mesh.`);
      return found;
    };
    // A chain that was not read uses this machine's time, like every live chain.
    const now = (name: string) =>
      Date.now() / 1_000 + (lastRead(chainOf(name).snapshot)?.value.clockOffset ?? 0);
    const home = chainOf(mesh.home.name);
    const satellites = mesh.satellites.map((chain): SyncReading => ({
      chain,
      lag: map(all([home.snapshot, chainOf(chain.name).snapshot]), ([decided, here]) =>
        lagOf(chain, decided, here, { home, messages, refusals, now: now(mesh.home.name) }),
      ),
    }));
    return {
      mesh,
      ...readings,
      messages,
      chainOf,
      home: home.snapshot,
      satellites,
      health: meshHealth(
        chains.map(({ chain, snapshot }) => ({
          chain: chain.name,
          index: map(snapshot, (value) => chainIndex(value, now(chain.name))),
        })),
        mesh.home.name,
        satellites.flatMap(({ lag }) => lastRead(lag)?.value ?? []),
        mesh.satellites.flatMap(({ name }) => findingsOn(chainOf(name), home.snapshot, now(name))),
      ),
      scans,
      now,
    };
    // Lags grow with time.
  }, [mesh, readings, verified, scans, Math.floor(tick / 5)]);
  return <MeshContext value={state}>{children}</MeshContext>;
}

/** Returns what the verdict on the mesh says of a satellite's receiver; nothing of one that is not read. */
function findingsOn(
  { chain, snapshot }: ChainReading,
  home: Reading<Snapshot>,
  now: number,
): Finding[] {
  const both = all([snapshot, home]);
  if (both.state !== "read") return [];
  const [{ receiver }, decided] = both.value;
  if (!receiver) return [];
  const { heldBack, lastConfirmed } = receiver;
  return [
    heldBack && heldFinding(chain.name, heldBack, decided),
    heartbeatFinding(chain.name, lastConfirmed, now),
  ].filter((finding) => finding !== undefined);
}

function versionOf(reading: Reading<unknown>, detail = ""): string {
  return [
    reading.state,
    detail,
    ...(lastRead(reading)?.at ?? []).map(({ block }) => block),
    ...failuresOf(reading).map(({ since, reason }) => `${since}${reason}`),
  ].join();
}

type Readings = Pick<MeshState, "chains" | "messages" | "refusals" | "conservation">;

function readingsOf(
  mesh: MeshDescription,
  readSnapshots: readonly Reading<Snapshot>[],
  readLedgers: readonly Reading<Ledger>[],
): Readings {
  const { snapshots, ledgers } = withoutOvertaken(mesh, readSnapshots, readLedgers);
  const chains = mesh.chains.map((chain, i): ChainReading => {
    const ledger = ledgers[i] ?? unread(chain.name);
    return {
      chain,
      snapshot: snapshots[i] ?? unread(chain.name),
      ledger,
      changes: map(ledger, ({ logs }) => changesIn(mesh, chain, logs)),
    };
  });
  const of = (selector: bigint): ChainReading => {
    const found = chains.find(({ chain }) => chain.selector === selector);
    if (!found) throw new Error(`${selector} is not a chain of this mesh.`);
    return found;
  };
  const stores = new Map<bigint, MessageStore>();
  for (const { chain, ledger } of chains) {
    const last = lastRead(ledger);
    if (last) stores.set(chain.selector, openStore(last.value.logs));
  }
  const broadcasts = map(of(mesh.home.selector).ledger, ({ logs }) => broadcastsIn(mesh, logs));
  const messages = trackMessages(mesh.chains, stores, {
    epochs: lastRead(broadcasts)?.value.epochs ?? new Map(),
    errors: ownErrors(mesh),
    logsOf: (selector) => of(selector).ledger,
    firstUncommitted: (destination, source) =>
      map(of(destination).snapshot, ({ lanes }) => laneOf(lanes, source).firstUncommitted),
  });
  const issued = map(of(mesh.home.selector).ledger, ({ issuedShares }) => {
    if (issuedShares === undefined) throw new Error("Home has not said how much it issued.");
    return issuedShares;
  });
  return {
    chains,
    messages: gather(ledgers, () => messages),
    refusals: map(broadcasts, ({ refusals }) => refusals),
    conservation: map(all([issued, all(ledgers)] as const), ([issuedShares, every]) =>
      conserve(
        issuedShares,
        every.map(({ chain, totalShares }) => ({ chain, shares: totalShares })),
        sharesInFlight(mesh.chains, stores),
      ),
    ),
  };
}

/** Marks readings as failed whose endpoint lags behind what other chains know of it. */
function withoutOvertaken(
  mesh: MeshDescription,
  snapshots: readonly Reading<Snapshot>[],
  ledgers: readonly Reading<Ledger>[],
): { readonly snapshots: Reading<Snapshot>[]; readonly ledgers: Reading<Ledger>[] } {
  const receivers = mesh.chains.map((chain, i) => {
    const { logs = [] } = lastRead(ledgers[i] ?? unread(chain.name))?.value ?? {};
    return { name: chain.name, arrivals: arrivalsIn(mesh, chain, logs), store: openStore(logs) };
  });
  const satellites = snapshots.flatMap((snapshot) => {
    const last = lastRead(snapshot)?.value;
    return last && last.chain !== mesh.home.name ? [{ name: last.chain, epoch: last.epoch }] : [];
  });
  const checked = <T,>(reading: Reading<T>, i: number, epoch: (value: T) => bigint) => {
    const [chain, last] = [mesh.chains[i], lastRead(reading)];
    if (!chain || !last) return { reading };
    const time = last.at[0]?.time ?? 0;
    const sent = receivers[i]?.store.sent ?? [];
    const reason =
      overtakenByTransfers({ selector: chain.selector, time, sent }, receivers) ??
      (chain === mesh.home ? overtakenByEpoch(epoch(last.value), satellites) : undefined);
    return reason === undefined
      ? { reading }
      : { reading, failure: { source: chain.name, since: time, reason, isLagging: true } };
  };
  return {
    snapshots: snapshots.map((snapshot, i) => {
      const { reading, failure } = checked(snapshot, i, ({ epoch }) => epoch);
      return failure ? failedSince(reading, failure) : reading;
    }),
    ledgers: ledgers.map((ledger, i) => {
      const { reading, failure } = checked(ledger, i, ({ logs }) =>
        changesIn(mesh, mesh.home, logs).reduce(
          (top, { epoch }) => (epoch > top ? epoch : top),
          0n,
        ),
      );
      // Combined with newer readings of other chains, the last one would count shares twice.
      return failure ? failedSince<Ledger>(unread(failure.source), failure) : reading;
    }),
  };
}

/** Returns the transfers that a chain's pools received. */
function arrivalsIn(
  mesh: MeshDescription,
  { contracts, previousPools }: DeployedChain,
  logs: readonly ChainLog[],
): Arrival[] {
  return logs.flatMap((log): Arrival[] => {
    if (log.address !== contracts.pool && !previousPools.includes(log.address)) return [];
    const event = decodeOwn(mesh, "pool", log);
    return event?.eventName === "ReleasedOrMinted"
      ? [{ source: event.args.remoteChainSelector, time: log.time }]
      : [];
  });
}

/** Returns the index states of a chain, oldest first. */
function changesIn(
  mesh: MeshDescription,
  chain: DeployedChain,
  logs: readonly ChainLog[],
): IndexChange[] {
  return logs.flatMap((log): IndexChange[] => {
    if (log.address !== chain.contracts.token) return [];
    const event = decodeOwn(mesh, "token", log);
    if (event?.eventName !== "Rebased") return [];
    const { epoch, current, next, effectiveAt } = event.args;
    return [
      {
        chain: chain.name,
        epoch: BigInt(epoch),
        current,
        next,
        effectiveAt: Number(effectiveAt),
        learnedAt: log.time,
        transactionHash: log.transactionHash,
      },
    ];
  });
}

/** Returns the epochs that home's broadcaster sent, by message id, and its failed broadcasts, the newest first. */
function broadcastsIn(mesh: MeshDescription, logs: readonly ChainLog[]) {
  const epochs = new Map<string, bigint>();
  const refusals: RefusedBroadcast[] = [];
  for (const log of logs) {
    if (log.address !== mesh.home.contracts.broadcaster) continue;
    const event = decodeOwn(mesh, "broadcaster", log);
    if (event?.eventName === "BroadcastSent") {
      epochs.set(event.args.messageId, BigInt(event.args.epoch));
    } else if (event?.eventName === "BroadcastFailed") {
      const { selector, epoch, reason } = event.args;
      const destination = mesh.chains.find((peer) => peer.selector === selector);
      // A satellite that has left the mesh is no longer tracked.
      if (!destination) continue;
      refusals.unshift({
        kind: "refused",
        source: mesh.home.name,
        destination: destination.name,
        epoch: BigInt(epoch),
        reason: briefReason(decodeRevert(reason, ownErrors(mesh))),
        sentAt: log.time,
        transactionHash: log.transactionHash,
      });
    }
  }
  return { epochs, refusals };
}

/** Returns a chain's end of its lanes with a peer. */
export function laneOf(lanes: Snapshot["lanes"], peer: bigint): LaneEnd {
  const lane = lanes.get(peer);
  if (!lane) throw new Error(`The snapshot has no lane with ${peer}.`);
  return lane;
}

const interfaces = new WeakMap<Pick<MeshDescription, "own">, Interface[]>();

/** Returns the project's own ABIs, for decoding errors. */
export function ownErrors(mesh: Pick<MeshDescription, "own">): Interface[] {
  let known = interfaces.get(mesh);
  if (!known) {
    known = Object.values(mesh.own).map((abi) => new Interface(JSON.stringify(abi)));
    interfaces.set(mesh, known);
  }
  return known;
}

/** Converts a snapshot to the input of the rules in `lib/core`. */
export function chainIndex(snapshot: Snapshot, now: number): ChainIndex {
  const { chain, timestamp, epoch, current, next, effectiveAt, totalShares } = snapshot;
  const index = sharesPerToken(snapshot, now);
  return {
    chain,
    blockNumber: Number(snapshot.blockNumber),
    timestamp: BigInt(timestamp),
    epoch,
    current,
    next,
    effectiveAt,
    totalShares,
    sharesPerToken: index,
    totalSupply: toTokens(totalShares, index),
  };
}

/** Returns the lag of a satellite; nothing when it is synced. */
function lagOf(
  satellite: DeployedChain,
  decided: Snapshot,
  here: Snapshot,
  {
    home,
    messages,
    refusals,
    now,
  }: Pick<MeshState, "messages" | "refusals"> & {
    readonly home: ChainReading;
    readonly now: number;
  },
): Lag | undefined {
  if (here.epoch >= decided.epoch) return undefined;
  const missed = lastRead(home.changes)?.value.find(({ epoch }) => epoch === here.epoch + 1n);
  const toSatellite = (known: readonly TrackedMessage[]) =>
    known.filter(({ kind, destination }) => kind === "broadcast" && destination === satellite.name);
  return {
    chain: satellite.name,
    epochs: decided.epoch - here.epoch,
    seconds: missed && Math.max(0, now - missed.learnedAt),
    cause: here.receiver?.heldBack
      ? `its receiver holds epoch ${here.receiver.heldBack.epoch} back`
      : lagCause(
          decided.epoch,
          gather([home.ledger], () => toSatellite(knownOf(messages))),
          laneOf(decided.lanes, satellite.selector).isCursed ||
            laneOf(here.lanes, home.chain.selector).isCursed,
          lastRead(refusals)?.value.filter(({ destination }) => destination === satellite.name),
        ),
  };
}
