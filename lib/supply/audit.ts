import { inChunks } from "../rpc/chunks";
import { contractAt } from "../core/abis";
import { chainsOf, pairsOf } from "../core/mesh/mesh";
import type { Mesh, MeshChain } from "../core/mesh/mesh";
import { RampLanes } from "../ccip/ramps";
import { eachThatAnswers, untilRead } from "../mesh/unread";
import type { UnreadChains } from "../mesh/unread";
import { IncompleteLogsError } from "../rpc/logCache";
import type { LogReading } from "../rpc/logCache";
import { pinLatest } from "../rpc/pinned";
import type { PinnedChain } from "../rpc/pinned";

import { laneGaps } from "../ccip/laneCounter";
import { isInFlight, track } from "../ccip/track";
import type { TrackedMessage, Tracking } from "../ccip/track";

/** The shares of one chain at its recorded block, and where they came from. */
export interface ChainAudit {
  readonly chain: string;
  readonly role: "home" | "satellite";
  readonly blockNumber: number;
  /** Time of the block, unix seconds. */
  readonly timestamp: bigint;
  readonly totalShares: bigint;
  /** Sum over all messages that have left the chain. */
  readonly sentShares: bigint;
  /** Sum over all messages that were executed on the chain with success. */
  readonly arrivedShares: bigint;
  /** Expected shares: at home issued less sent plus arrived, else arrived less sent. */
  readonly expectedShares: bigint;
}

/** Something that has to be true of the shares. */
export interface AuditCheck {
  readonly check: "conservation" | "containment" | "chain" | "messages";
  /** The chain that it is about, if it is about one. */
  readonly chain?: string;
  readonly holds: boolean;
  /** The finding, with the values. */
  readonly finding: string;
}

/** The shares of a mesh, counted: on chains from their totals, in flight message by message. */
export interface SupplyAudit {
  /** Shares that home has issued and not redeemed. */
  readonly issuedShares: bigint;
  /** Shares of one token unit at home in its recorded block. */
  readonly sharesPerToken: bigint;
  /** Home first. */
  readonly chains: readonly ChainAudit[];
  /** Sent and not executed with success, oldest first on each chain; shares of some may be unknown. */
  readonly inFlight: readonly TrackedMessage[];
  /** Executed in the destination's recorded block, and sent only after the source's: counted on both. */
  readonly early: readonly TrackedMessage[];
  /** Of messages whose shares are known. */
  readonly sharesInFlight: bigint;
  readonly sharesEarly: bigint;
  /** Messages whose shares are unknown, arrived or not, and transactions that could not be read. */
  readonly undecodable: readonly TrackedMessage[];
  readonly unreadable: Tracking["unreadable"];
  /** issuedShares - shares on chains - shares in flight + shares early: zero, or something is wrong. */
  readonly difference: bigint;
  readonly checks: readonly AuditCheck[];
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

async function countShares(mesh: Mesh, tracking: Tracking): Promise<SupplyAudit> {
  const { messages, unreadable } = tracking;
  const home = tokenOf(mesh.home, tracking);
  const [issuedShares, sharesPerToken, totals] = await Promise.all([
    home.issuedShares(),
    home.sharesPerToken(),
    Promise.all(chainsOf(mesh).map((chain) => tokenOf(chain, tracking).totalShares())),
  ]);
  const chains = chainsOf(mesh).map((chain, i) =>
    chainAudit(chain, tracking, { issuedShares, totalShares: totals[i] ?? 0n }),
  );
  const inFlight = messages.filter(isInFlight);
  const early = messages.filter(({ hasLeft }) => !hasLeft);
  const counted = {
    issuedShares,
    sharesPerToken,
    chains,
    inFlight,
    early,
    sharesInFlight: sharesOf(inFlight),
    sharesEarly: sharesOf(early),
    undecodable: messages.filter(({ shares, state }) => shares === undefined || !state),
    unreadable,
    difference:
      issuedShares -
      chains.reduce((sum, { totalShares }) => sum + totalShares, 0n) -
      sharesOf(inFlight) +
      sharesOf(early),
  };
  return { ...counted, checks: checksOf(counted) };
}

/** The part of an audit that is known when the shares could not be counted. */
export interface IncompleteAudit {
  readonly reason: string;
  /** Shares of each chain that answered, at its latest block, home first. */
  readonly chains: readonly (Pick<
    ChainAudit,
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
  if (unreachable?.size) {
    const { read, unread } = await readTotals(mesh, unreachable);
    return { reason: notDone(unread), chains: [...read.values()], unread };
  }
  try {
    return await auditSupply(mesh, reading);
  } catch (error) {
    const { read, unread } = await readTotals(mesh);
    const chains = [...read.values()];
    if (unread.size > 0) return { reason: notDone(unread), chains, unread };
    const message = error instanceof Error ? error.message : String(error);
    const isTold = error instanceof IncompleteLogsError;
    return { reason: isTold ? message : `The audit could not be done. ${message}`, chains, unread };
  }
}

function notDone(unread: UnreadChains): string {
  return `The audit could not be done: cannot tell whether every share is there ${untilRead(unread)}.`;
}

function readTotals(mesh: Mesh, unreachable?: UnreadChains) {
  return eachThatAnswers(
    chainsOf(mesh),
    unreachable,
    async ({ name, role, provider, contracts }) => {
      const pin = await pinLatest(name, provider);
      const token = contractAt.token(contracts.token, pin);
      const [totalShares, issued] = await Promise.all([
        token.totalShares(),
        role === "home" ? Promise.all([token.issuedShares(), token.sharesPerToken()]) : undefined,
      ]);
      const { blockNumber, timestamp } = pin;
      const chain = { chain: name, role, blockNumber, timestamp, totalShares };
      return issued ? { ...chain, issuedShares: issued[0], sharesPerToken: issued[1] } : chain;
    },
  );
}

/** Returns whether everything that has to be true is true. */
export function isConserved({ checks }: Pick<SupplyAudit, "checks">): boolean {
  return checks.every(({ holds }) => holds);
}

function tokenOf(chain: MeshChain, { pins }: Tracking) {
  return contractAt.token(chain.contracts.token, pinOf(chain, pins));
}

function pinOf({ name }: MeshChain, pins: Tracking["pins"]): PinnedChain {
  const pin = pins.get(name);
  if (!pin) throw new Error(`${name} was not pinned.`);
  return pin;
}

function chainAudit(
  { name, role }: MeshChain,
  { messages, pins }: Tracking,
  { issuedShares, totalShares }: { readonly issuedShares: bigint; readonly totalShares: bigint },
): ChainAudit {
  const sentShares = sharesOf(messages.filter(({ source, hasLeft }) => source === name && hasLeft));
  const arrivedShares = sharesOf(
    messages.filter(({ destination, state }) => destination === name && state === "success"),
  );
  const { blockNumber = 0, timestamp = 0n } = pins.get(name) ?? {};
  return {
    chain: name,
    role,
    blockNumber,
    timestamp,
    totalShares,
    sentShares,
    arrivedShares,
    expectedShares: (role === "home" ? issuedShares : 0n) - sentShares + arrivedShares,
  };
}

function checksOf({
  issuedShares,
  chains,
  undecodable,
  unreadable,
  difference,
}: Omit<SupplyAudit, "checks">): AuditCheck[] {
  const strange = undecodable.length + unreadable.length;
  return [
    {
      check: "conservation",
      holds: difference === 0n,
      finding:
        difference === 0n
          ? "every share that was issued is on a chain or in flight"
          : difference > 0n
            ? `${difference} shares were issued that are neither on a chain nor in flight`
            : `${-difference} shares are on chains or in flight that home never issued`,
    },
    ...chains.flatMap(({ chain, role, totalShares, expectedShares }): AuditCheck[] => {
      const excess = totalShares - expectedShares;
      const own: AuditCheck = {
        check: "chain",
        chain,
        holds: excess === 0n,
        finding:
          excess === 0n
            ? `holds what its messages account for`
            : `holds ${totalShares} shares, ${excess > 0n ? excess : -excess} ${excess > 0n ? "more" : "fewer"} than its messages account for`,
      };
      if (role === "satellite") return [own];
      const isContained = totalShares <= issuedShares;
      const containment: AuditCheck = {
        check: "containment",
        chain,
        holds: isContained,
        finding: isContained
          ? "holds no more than was issued"
          : `holds ${totalShares} shares, and only ${issuedShares} were issued`,
      };
      return [containment, own];
    }),
    {
      check: "messages",
      holds: strange === 0,
      finding:
        strange === 0
          ? "every message says how many shares it carries, and goes to a chain of the mesh"
          : `${strange} ${strange === 1 ? "message" : "messages"} that nobody can account for`,
    },
  ];
}

/** The shares of messages that say how many they carry. */
function sharesOf(messages: readonly TrackedMessage[]): bigint {
  return messages.reduce((sum, { shares = 0n }) => sum + shares, 0n);
}
