import { readOne } from "ccip-localnet/protocol";
import { z } from "zod";

import { laneGaps } from "../ccip/laneCounter";
import { RampLanes } from "../ccip/ramps";
import { isInFlight, track } from "../ccip/track";
import type { TrackedMessage, Tracking } from "../ccip/track";
import { ccipAbi, contractAt } from "../core/abis";
import { SHARES_PER_WRAPPED } from "../core/units";
import { readWrappedFigures } from "../mesh/components/wrapper";
import { chainsOf, pairsOf } from "../core/mesh/mesh";
import type { Mesh, MeshChain } from "../core/mesh/mesh";
import { readContainments } from "../mesh/components/pool/state";
import { eachThatAnswers, untilRead } from "../mesh/unread";
import type { UnreadChains } from "../mesh/unread";
import { inChunks } from "../rpc/chunks";
import { IncompleteLogsError } from "../rpc/logCache";
import type { LogReading } from "../rpc/logCache";
import { pinLatest } from "../rpc/pinned";
import type { PinnedChain } from "../rpc/pinned";

/** The shares of a mesh, counted: on chains from their totals, in flight message by message. */
export type SupplyAudit = Awaited<ReturnType<typeof countShares>>;

/** Something that has to be true of the shares. */
export interface AuditCheck {
  readonly check: "conservation" | "containment" | "chain" | "lane" | "wrapper" | "messages";
  /** The chain that it is about, if it is about one. */
  readonly chain?: string | undefined;
  readonly holds: boolean;
  /** The finding, with the values. */
  readonly finding: string;
}

/**
 * Counts every share of a mesh, each chain at one recorded block. What is wrong is counted a second
 * time before it is told, and nothing that was kept is believed then: a block that was replaced while it was
 * read, or nodes behind one url that disagree, look like a difference once and not twice. And it is told only when
 * CCIP's own counters say that no message was left out.
 * @throws IncompleteLogsError when it is unknown where the shares are, which is no sign that any is missing.
 */
export async function auditSupply(mesh: Mesh, reading: LogReading = {}): Promise<SupplyAudit> {
  try {
    const first = await countShares(mesh, await track(chainsOf(mesh), reading));
    if (isConserved(first)) return first;
    const tracking = await track(chainsOf(mesh), { lag: reading.lag }, { thoroughly: true });
    const audit = await countShares(mesh, tracking);
    if (!isConserved(audit)) await proveLanes(mesh, tracking, reading);
    return audit;
  } catch (error) {
    if (!(error instanceof IncompleteLogsError)) throw error;
    throw new IncompleteLogsError(`The audit could not be done. ${error.message}`);
  }
}

/** @throws IncompleteLogsError when messages were sent that the endpoint of their source leaves out. */
async function proveLanes(
  mesh: Mesh,
  { messages, pins }: Tracking,
  { lag }: LogReading,
): Promise<void> {
  const ramps = new RampLanes<MeshChain>();
  const gaps = await inChunks(pairsOf(chainsOf(mesh)), async ({ source, destination }) => {
    const sent = messages.filter((item) => item.source === source.name);
    const known = await ramps.all(source, destination);
    const lanes = await ramps.sending(source, destination, known);
    return laneGaps(lanes, pinOf(source, pins), sent, lag);
  });
  const [gap] = gaps.flat();
  if (gap === undefined) return;
  throw new IncompleteLogsError(
    `Cannot tell what was sent, because ${gap}. Try again later, or use another url.`,
  );
}

async function countShares(mesh: Mesh, { messages, pins, unreadable }: Tracking) {
  const home = contractAt.token(mesh.home.contracts.token, pinOf(mesh.home, pins));
  const [issuedShares, sharesPerToken] = await Promise.all([
    home.issuedShares(),
    home.sharesPerToken(),
  ]);
  const chains = await Promise.all(
    chainsOf(mesh).map(async (chain) => {
      const { name, role } = chain;
      const pin = pinOf(chain, pins);
      const { wrapper, wrappedBridge } = await readWrappedFigures(chain, pin);
      const sentShares = sharesOf(
        messages.filter(({ source, hasLeft }) => source === name && hasLeft),
      );
      const arrivedShares = sharesOf(
        messages.filter(({ destination, state }) => destination === name && state === "success"),
      );
      return {
        chain: name,
        role,
        blockNumber: pin.blockNumber,
        /** Time of the block, unix seconds. */
        timestamp: pin.timestamp,
        totalShares: await contractAt.token(chain.contracts.token, pin).totalShares(),
        /** Sum over all messages that have left the chain. */
        sentShares,
        /** Sum over all messages that were executed on the chain with success. */
        arrivedShares,
        /** Of them, those behind wrapped units, what else the wrapper holds, and those on the bridge. */
        ...(wrapper && {
          wrapped: {
            units: wrapper.totalSupply,
            shares: wrapper.totalSupply * SHARES_PER_WRAPPED,
            otherShares: wrapper.shares - wrapper.totalSupply * SHARES_PER_WRAPPED,
            bridgeShares: wrappedBridge?.shares ?? 0n,
          },
        }),
        expectedShares: (role === "home" ? issuedShares : 0n) - sentShares + arrivedShares,
      };
    }),
  );
  const inFlight = messages.filter(isInFlight);
  const early = messages.filter(({ hasLeft }) => !hasLeft);
  const lanes = (await readContained(mesh, pinOf(mesh.home, pins))).map(({ chain, mayReturn }) => {
    const ofLane = ({ source, destination }: TrackedMessage) =>
      [source, destination].sort().join() === [mesh.home.name, chain].sort().join();
    const there = chains.find((one) => one.chain === chain)?.totalShares ?? 0n;
    return {
      chain,
      /** Shares that the pool at home lets return over the lane. */
      mayReturn,
      /** Shares on the satellite, or on their way between it and home. */
      away: there + sharesOf(inFlight.filter(ofLane)) - sharesOf(early.filter(ofLane)),
    };
  });
  const undecodable = messages.filter(({ shares, state }) => shares === undefined || !state);
  const sharesOnChains = chains.reduce((sum, { totalShares }) => sum + totalShares, 0n);
  const difference = issuedShares - sharesOnChains - sharesOf(inFlight) + sharesOf(early);
  const strange = undecodable.length + unreadable.length;
  const missing = `${difference} shares were issued that are neither on a chain nor in flight`;
  const forged = `${-difference} shares are on chains or in flight that home never issued`;
  const checks: AuditCheck[] = [
    check(
      "conservation",
      difference === 0n,
      "every share that was issued is on a chain or in flight",
      difference > 0n ? missing : forged,
    ),
    ...chains.flatMap(({ chain, role, totalShares, expectedShares, wrapped }) => {
      const more = totalShares - expectedShares;
      const excess = more > 0n ? `${more} more` : `${-more} fewer`;
      return [
        ...(role === "home"
          ? [
              check(
                "containment",
                totalShares <= issuedShares,
                "holds no more than was issued",
                `holds ${totalShares} shares, and only ${issuedShares} were issued`,
                chain,
              ),
            ]
          : []),
        check(
          "chain",
          more === 0n,
          "holds what its messages account for",
          `holds ${totalShares} shares, ${excess} than its messages account for`,
          chain,
        ),
        ...(wrapped
          ? [
              check(
                "wrapper",
                wrapped.otherShares >= 0n,
                "every wrapped unit has its shares in the wrapper",
                `${-wrapped.otherShares} shares are missing in the wrapper, behind ${wrapped.units} wrapped units (wei)`,
                chain,
              ),
            ]
          : []),
      ];
    }),
    ...lanes.map(({ chain, mayReturn, away }) =>
      check(
        "lane",
        mayReturn === away,
        "may return to home what it has",
        `has ${away} shares with those on their way, and home lets ${mayReturn} return from it`,
        chain,
      ),
    ),
    check(
      "messages",
      strange === 0,
      "every message says how many shares it carries, and goes to a chain of the mesh",
      `${strange} ${strange === 1 ? "message" : "messages"} that nobody can account for`,
    ),
  ];
  return {
    /** Shares that home has issued and not redeemed. */
    issuedShares,
    /** Shares of one token unit at home in its recorded block. */
    sharesPerToken,
    /** Home first, each at its recorded block. */
    chains,
    /** The contained lanes of home, by satellite. */
    lanes,
    /** Sent and not executed with success, oldest first on each chain; shares of some may be unknown. */
    inFlight,
    /** Executed in the destination's recorded block, and sent only after the source's: counted on both. */
    early,
    /** Of messages whose shares are known. */
    sharesInFlight: sharesOf(inFlight),
    sharesEarly: sharesOf(early),
    /** Messages whose shares are unknown, arrived or not, and transactions that could not be read. */
    undecodable,
    unreadable,
    /** issuedShares - shares on chains - shares in flight + shares early: zero, or something is wrong. */
    difference,
    checks,
  };
}

/** Reads the counts of the contained lanes of the pool that is in use at home. */
async function readContained({ home, satellites }: Mesh, pinned: PinnedChain) {
  const registry = { address: home.ccip.tokenAdminRegistry, interface: ccipAbi.registry };
  const pool = await readOne(pinned, registry, "getPool", [home.contracts.token], z.string());
  const counts = await readContainments(pinned, pool, satellites);
  return satellites.flatMap(({ name: chain, selector }) => {
    const counted = counts?.get(selector);
    return counted?.isContained ? [{ chain, mayReturn: counted.outstanding }] : [];
  });
}

function check(
  name: AuditCheck["check"],
  holds: boolean,
  good: string,
  bad: string,
  chain?: string,
): AuditCheck {
  return { check: name, ...(chain && { chain }), holds, finding: holds ? good : bad };
}

/** The part of an audit that is known when the shares could not be counted. */
export interface IncompleteAudit {
  readonly reason: string;
  /** Shares of each chain that answered, at its latest block, home first. */
  readonly chains: readonly (Pick<
    SupplyAudit["chains"][number],
    "chain" | "role" | "blockNumber" | "timestamp" | "totalShares"
  > &
    Partial<Pick<SupplyAudit, "issuedShares" | "sharesPerToken">>)[];
  readonly unread: UnreadChains;
}

/**
 * Counts every share of a mesh as {@link auditSupply} does; where that cannot be done, it reads what
 * each chain that answers has.
 * @param unreachable chains that are known not to answer: without them nothing is counted.
 */
export async function auditOrRead(
  mesh: Mesh,
  reading: LogReading = {},
  unreachable?: UnreadChains,
): Promise<SupplyAudit | IncompleteAudit> {
  let failure = "";
  if (!unreachable?.size) {
    try {
      return await auditSupply(mesh, reading);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const isTold = error instanceof IncompleteLogsError;
      failure = isTold ? message : `The audit could not be done. ${message}`;
    }
  }
  const { read, unread } = await eachThatAnswers(chainsOf(mesh), unreachable, readTotals);
  const open = `The audit could not be done: cannot tell whether every share is there ${untilRead(unread)}.`;
  return { reason: unread.size > 0 ? open : failure, chains: [...read.values()], unread };
}

async function readTotals({ name: chain, role, provider, contracts }: MeshChain) {
  const pin = await pinLatest(chain, provider);
  const { blockNumber, timestamp } = pin;
  const token = contractAt.token(contracts.token, pin);
  const isHome = role === "home";
  const [totalShares, issuedShares, sharesPerToken] = await Promise.all([
    token.totalShares(),
    isHome ? token.issuedShares() : undefined,
    isHome ? token.sharesPerToken() : undefined,
  ]);
  return { chain, role, blockNumber, timestamp, totalShares, issuedShares, sharesPerToken };
}

/** Returns whether everything that has to be true is true. */
export function isConserved({ checks }: Pick<SupplyAudit, "checks">): boolean {
  return checks.every(({ holds }) => holds);
}

function pinOf({ name }: MeshChain, pins: Tracking["pins"]): PinnedChain {
  const pin = pins.get(name);
  if (!pin) throw new Error(`${name} was not pinned.`);
  return pin;
}

/** The shares of messages that say how many they carry. */
function sharesOf(messages: readonly TrackedMessage[]): bigint {
  return messages.reduce((sum, { shares = 0n }) => sum + shares, 0n);
}
