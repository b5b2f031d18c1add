import { Interface } from "ethers";
import { useQueries } from "@tanstack/react-query";
import { createContext, useContext, useEffect, useMemo, useState } from "react";
import type { ReactNode } from "react";

import { decodeOwn } from "./events";
import { readLedger } from "./logs";
import type { Ledger } from "./logs";
import { readSnapshot } from "./snapshot";
import type { Snapshot } from "./snapshot";
import type { DeployedChain, MeshDescription } from "../deployments";
import { decodeRevert } from "../../../lib/ccip/revert";
import type { ChainIndex } from "../../../lib/mesh/follow";
import { laggards } from "../../../lib/mesh/follow";
import { sharesInFlight } from "../../../lib/supply/inFlight";
import type { IndexChange } from "../model/history";
import { sharesPerToken, toTokens } from "../model/indexState";
import { openBook, reasonInWords, trackMessages } from "../model/messages";
import type { MessageBook, RefusedBroadcast, TrackedMessage } from "../model/messages";
import { conserve, lagCause, meshVerdict } from "../model/verdict";
import type { Conservation, Lag, Verdict } from "../model/verdict";

/** A chain as it was last read. */
export interface ChainReading {
  readonly chain: DeployedChain;
  /** Undefined until the first answer. */
  readonly snapshot: Snapshot | undefined;
  readonly ledger: Ledger | undefined;
  /** The last attempt failed; what is shown is older. */
  readonly isSilent: boolean;
  /** When it last answered, milliseconds; 0 for never. */
  readonly answeredAt: number;
  /** The last attempt to read its logs failed; it is made again and again. */
  readonly hasLogFault: boolean;
}

/** Everything the pages show, derived from what the chains last said. */
export interface MeshState {
  readonly mesh: MeshDescription;
  readonly chains: readonly ChainReading[];
  readonly verdict: Verdict | undefined;
  readonly lags: readonly Lag[];
  /** Undefined while a chain has not been read. */
  readonly conservation: Conservation | undefined;
  readonly messages: readonly TrackedMessage[];
  /** Broadcasts that never left, the newest first. */
  readonly refusals: readonly RefusedBroadcast[];
  readonly changes: readonly IndexChange[];
  readonly books: ReadonlyMap<bigint, MessageBook>;
  /** Whether the logs of every chain have been read once. */
  readonly hasLogs: boolean;
  /** How much of a chain's logs has been read, between 0 and 1, while they are read for the first time. */
  readonly scans: ReadonlyMap<string, number>;
  /** Chain time at a moment of this machine, unix seconds. */
  readonly now: (chain: string) => number;
}

const MeshContext = createContext<MeshState | undefined>(undefined);

/** What the chains last said. */
export function useMesh(): MeshState {
  const state = useContext(MeshContext);
  if (!state) throw new Error("useMesh belongs below MeshProvider.");
  return state;
}

/** Unix seconds of this machine, ticking. */
export function useTick(): number {
  const [now, setNow] = useState(() => Date.now() / 1_000);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now() / 1_000), 1_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/** Reads every chain again and again, each for itself: a slow or dead one holds up no other. */
export function MeshProvider({ mesh, children }: { mesh: MeshDescription; children: ReactNode }) {
  const interval = mesh.live ? 12_000 : 2_000;
  const snapshots = useQueries({
    queries: mesh.chains.map((chain) => ({
      queryKey: ["snapshot", chain.name],
      queryFn: () => readSnapshot(mesh, chain),
      refetchInterval: interval,
      retry: false,
      structuralSharing: false,
    })),
  });
  const [scans, setScans] = useState<ReadonlyMap<string, number>>(() => new Map());
  const ledgers = useQueries({
    queries: mesh.chains.map((chain) => ({
      queryKey: ["ledger", chain.name],
      queryFn: () =>
        readLedger(mesh, chain, (done) => {
          setScans((before) =>
            before.get(chain.name) === 1 ? before : new Map(before).set(chain.name, done),
          );
        }),
      refetchInterval: interval,
      retry: false,
      structuralSharing: false,
    })),
  });
  const tick = useTick();
  const chains = mesh.chains.map((chain, i): ChainReading => {
    const [snapshot, ledger] = [snapshots[i], ledgers[i]];
    return {
      chain,
      snapshot: snapshot?.data,
      ledger: ledger?.data,
      isSilent: snapshot?.isError ?? false,
      answeredAt: snapshot?.dataUpdatedAt ?? 0,
      hasLogFault: ledger?.isError ?? false,
    };
  });
  // Only what a chain says makes the derived state anew, not the queries' own bookkeeping.
  const version = chains
    .map(({ snapshot, ledger, isSilent, hasLogFault }) =>
      [
        snapshot?.blockNumber,
        snapshot?.clockOffset.toFixed(1),
        ledger?.blockNumber,
        isSilent,
        hasLogFault,
      ].join(),
    )
    .join(";");
  const logs = useMemo(
    () => readLogs(mesh, chains),
    // version stands for chains.
    [mesh, version],
  );
  const state = useMemo((): MeshState => {
    const now = (name: string) =>
      Date.now() / 1_000 +
      (chains.find(({ chain }) => chain.name === name)?.snapshot?.clockOffset ?? 0);
    const conservation = conservationOf(mesh, chains, logs.books);
    const lags = lagsOf(mesh, chains, logs, now);
    return {
      mesh,
      chains,
      ...logs,
      conservation,
      lags,
      verdict: verdictOf(mesh, chains, lags),
      scans,
      now,
    };
    // version stands for chains; lags grow with time.
  }, [mesh, logs, version, scans, Math.floor(tick / 5)]);
  return <MeshContext value={state}>{children}</MeshContext>;
}

type Logs = Pick<MeshState, "messages" | "refusals" | "changes" | "books" | "hasLogs">;

function readLogs(mesh: MeshDescription, chains: readonly ChainReading[]): Logs {
  const books = new Map<bigint, MessageBook>();
  const epochs = new Map<string, bigint>();
  const changes: IndexChange[] = [];
  const refusals: RefusedBroadcast[] = [];
  for (const { chain, ledger } of chains) {
    if (!ledger) continue;
    books.set(chain.selector, openBook(chain, ledger.logs));
    for (const log of ledger.logs) {
      if (log.address === chain.contracts.token) {
        const event = decodeOwn(mesh, "token", log);
        if (event?.eventName !== "Rebased") continue;
        const { epoch, current, next, effectiveAt } = event.args;
        changes.push({
          chain: chain.name,
          epoch: BigInt(epoch),
          current,
          next,
          effectiveAt: Number(effectiveAt),
          learnedAt: log.time,
          transactionHash: log.transactionHash,
        });
      } else if (log.address === chain.contracts.broadcaster) {
        const event = decodeOwn(mesh, "broadcaster", log);
        if (event?.eventName === "BroadcastSent") {
          epochs.set(event.args.messageId, BigInt(event.args.epoch));
        } else if (event?.eventName === "BroadcastFailed") {
          const { selector, epoch, reason } = event.args;
          refusals.push({
            kind: "refused",
            source: chain.name,
            destination:
              mesh.chains.find((peer) => peer.selector === selector)?.name ?? `${selector}`,
            epoch: BigInt(epoch),
            reason: reasonInWords(decodeRevert(reason, ownErrors(mesh))),
            sentAt: log.time,
            transactionHash: log.transactionHash,
          });
        }
      }
    }
  }
  const snapshotOf = (selector: bigint) =>
    chains.find(({ chain }) => chain.selector === selector)?.snapshot;
  const messages = trackMessages(mesh.chains, books, {
    epochs,
    errors: ownErrors(mesh),
    firstUncommitted: (destination, source) =>
      snapshotOf(destination)?.lanes.get(source)?.firstUncommitted,
  });
  return {
    books,
    messages,
    refusals: refusals.reverse(),
    changes,
    hasLogs: chains.every(({ ledger }) => ledger !== undefined),
  };
}

const interfaces = new WeakMap<MeshDescription, Interface[]>();

/** The project's own ABIs, for taking errors apart. */
export function ownErrors(mesh: MeshDescription): Interface[] {
  let known = interfaces.get(mesh);
  if (!known) {
    known = Object.values(mesh.own).map((abi) => new Interface(JSON.stringify(abi)));
    interfaces.set(mesh, known);
  }
  return known;
}

function conservationOf(
  mesh: MeshDescription,
  chains: readonly ChainReading[],
  books: ReadonlyMap<bigint, MessageBook>,
): Conservation | undefined {
  const home = chains.find(({ chain }) => chain === mesh.home)?.ledger;
  const shares = chains.flatMap(({ chain, ledger }) =>
    ledger ? [{ chain: chain.name, shares: ledger.totalShares }] : [],
  );
  if (home?.issuedShares === undefined || shares.length < mesh.chains.length) return undefined;
  const journals = new Map([...books].map(([selector, { journal }]) => [selector, journal]));
  return conserve(home.issuedShares, shares, sharesInFlight(mesh.chains, journals));
}

/** A snapshot as the verdicts of `lib/mesh` take it. */
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

function answering(mesh: MeshDescription, chains: readonly ChainReading[], now: MeshState["now"]) {
  const indexes = chains.flatMap(({ snapshot, isSilent, chain }) =>
    snapshot && !isSilent ? [chainIndex(snapshot, now(chain.name))] : [],
  );
  return indexes.some(({ chain }) => chain === mesh.home.name) ? indexes : [];
}

function lagsOf(
  mesh: MeshDescription,
  chains: readonly ChainReading[],
  { messages, refusals, changes }: Logs,
  now: MeshState["now"],
): Lag[] {
  const indexes = answering(mesh, chains, now);
  const [home] = indexes;
  if (!home) return [];
  const homeSnapshot = chains.find(({ chain }) => chain === mesh.home)?.snapshot;
  return laggards(indexes).map(({ chain, epoch }) => {
    const missed = changes.find(
      (change) => change.chain === mesh.home.name && change.epoch === epoch + 1n,
    );
    const reading = chains.find((item) => item.chain.name === chain);
    const isCursed =
      (reading && homeSnapshot?.lanes.get(reading.chain.selector)?.isCursed) ||
      (reading?.snapshot?.lanes.get(mesh.home.selector)?.isCursed ?? false);
    return {
      chain,
      epochs: home.epoch - epoch,
      seconds: missed && Math.max(0, now(mesh.home.name) - missed.learnedAt),
      cause: lagCause(
        home.epoch,
        messages.filter(({ kind, destination }) => kind === "broadcast" && destination === chain),
        isCursed,
        refusals.filter(({ destination }) => destination === chain),
      ),
    };
  });
}

function verdictOf(
  mesh: MeshDescription,
  chains: readonly ChainReading[],
  lags: readonly Lag[],
): Verdict | undefined {
  const silent = chains.filter(({ isSilent }) => isSilent).map(({ chain }) => chain.name);
  const indexes = chains.flatMap(({ snapshot, isSilent }) =>
    snapshot && !isSilent ? [chainIndex(snapshot, snapshot.timestamp)] : [],
  );
  if (indexes.length + silent.length < chains.length) return undefined;
  return meshVerdict({ indexes, home: mesh.home.name, silent, lags });
}
