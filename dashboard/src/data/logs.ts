import { getAddress } from "ethers";
import { numberToHex } from "viem";
import { z } from "zod";
import { executedTopics, sentTopics } from "ccip-localnet/protocol";

import { readAt } from "../model/reading";
import type { Read, ReadAt } from "../model/reading";
import { SHARES_MOVED, sharesByLogs } from "core/shares";
import { settledBlock } from "core/settled";
import type { DeployedChain, MeshDescription } from "../deployments";
import { hex } from "../deployments";
import { readInChunks } from "../model/chunks";
import type { BlockRange } from "../model/chunks";
import { deleteLogs, loadLogs, saveLogs } from "./cache";
import type { ChainLog } from "./cache";
import { clientOf, searcherOf } from "./client";
import { decodeOwn, eventTopics } from "./events";
import { rampsOf } from "./ramps";
import type { Ramps } from "./ramps";
import type { Destination } from "./snapshot";
import { ContradictionError } from "./useReadings";

/**
 * All logs of the token on a chain, and its shares at the same block. If they contradict the chain's state there is
 * no ledger: endpoints omit logs without an error.
 */
export interface Ledger {
  readonly chain: string;
  readonly blockNumber: number;
  readonly logs: readonly ChainLog[];
  readonly totalShares: bigint;
  readonly issuedShares: bigint | undefined;
}

/** Number of chunks of a long scan between two saves, so that closing the page loses little. */
const PIECES_BETWEEN_SAVES = 20;

/** Consecutive contradictions between logs and contract state before the stored logs are read again. */
const PATIENT_READINGS = 5;

const rpcLogs = z.array(
  z.object({
    address: z.string().transform(getAddress),
    topics: z.array(z.string()),
    data: z.string(),
    blockNumber: z.string().transform(Number),
    transactionHash: z.string(),
    logIndex: z.string().transform(Number),
    blockTimestamp: z.string().transform(Number).optional(),
  }),
);
type RpcLog = z.output<typeof rpcLogs>[number];

interface Known {
  blockNumber: number;
  blockHash: string;
  logs: ChainLog[];
}

const known = new Map<string, Known>();

/** Consecutive contradictions, by storage key. */
const contradicted = new Map<string, number>();

/**
 * Reads the new logs of a chain, and its shares at the last block.
 * @param onProgress receives the fraction of the new blocks that has been read.
 * @throws when logs are missing that the chain's state implies.
 */
export async function readLedger(
  mesh: MeshDescription,
  chain: DeployedChain,
  onProgress?: (done: number) => void,
): Promise<Read<Ledger>> {
  const ramps = await rampsOf(mesh, chain);
  const { block, logs, state } = await readLogsThrough(
    mesh,
    chain,
    subjectsOf(mesh, chain, ramps),
    (range) => readRange(mesh, chain, ramps, range),
    (blockNumber) => readMilestones(mesh, chain, blockNumber),
    sharesByLogs,
    { onProgress, lacks: (found, milestones) => lackIn(mesh, chain, found, milestones) },
  );
  const { shares: totalShares, issuedShares } = state;
  const blockNumber = Number(block.block);
  return readAt({ chain: chain.name, blockNumber, logs, totalShares, issuedShares }, block);
}

/** Counters in a chain's state at a block, for comparison with its logs. */
interface Milestones {
  readonly epoch: bigint;
  /** The token's total shares. */
  readonly shares: bigint;
  readonly issuedShares: bigint | undefined;
  /** The newest broadcast to each satellite, at time 0 while there is none; home only. */
  readonly newestBroadcasts: readonly Pick<Destination, "lastSentAt" | "lastMessageId">[];
}

async function readMilestones(
  mesh: MeshDescription,
  chain: DeployedChain,
  blockNumber: bigint,
): Promise<Milestones> {
  const client = clientOf(chain);
  const token = { address: hex(chain.contracts.token), abi: mesh.own.token, blockNumber } as const;
  const { broadcaster } = chain.contracts;
  const [[epoch], shares, issuedShares, destinations] = await Promise.all([
    client.readContract({ ...token, functionName: "indexState" }),
    client.readContract({ ...token, functionName: "totalShares" }),
    chain.role === "home"
      ? client.readContract({ ...token, functionName: "issuedShares" })
      : undefined,
    Promise.all(
      broadcaster
        ? mesh.satellites.map(({ selector }) =>
            client.readContract({
              address: hex(broadcaster),
              abi: mesh.own.broadcaster,
              functionName: "getDestination",
              args: [selector],
              blockNumber,
            }),
          )
        : [],
    ),
  ]);
  return {
    epoch: BigInt(epoch),
    shares,
    issuedShares,
    newestBroadcasts: destinations,
  };
}

/** Lists the logs that are missing according to the chain's state; nothing when it is complete. */
export function lackIn(
  mesh: MeshDescription,
  { contracts }: DeployedChain,
  logs: readonly ChainLog[],
  { epoch, newestBroadcasts }: Milestones,
): string | undefined {
  let newestEpoch = 0n;
  const broadcasts = new Set<string>();
  for (const log of logs) {
    const event =
      log.address === contracts.token
        ? decodeOwn(mesh, "token", log)
        : log.address === contracts.broadcaster
          ? decodeOwn(mesh, "broadcaster", log)
          : undefined;
    if (event?.eventName === "Rebased") {
      const logged = BigInt(event.args.epoch);
      if (logged > newestEpoch) newestEpoch = logged;
    } else if (event?.eventName === "BroadcastSent") broadcasts.add(event.args.messageId);
  }
  if (newestEpoch < epoch)
    return `the token is at epoch ${epoch}, they end at epoch ${newestEpoch}`;
  const isLost = ({ lastSentAt, lastMessageId }: (typeof newestBroadcasts)[number]) =>
    lastSentAt > 0 && !broadcasts.has(lastMessageId);
  if (newestBroadcasts.some(isLost)) return "the newest broadcast is not among them";
  return undefined;
}

/**
 * Returns the contracts whose logs form a chain's ledger. A ledger stored for other contracts is incomplete: new
 * pools, ramps and chains had events before this page knew them.
 */
export function subjectsOf(
  { chains }: Pick<MeshDescription, "chains">,
  chain: DeployedChain,
  { onRamps, offRamps }: Ramps,
): string {
  return [...contractsOf(chain), ...onRamps, "", ...offRamps, ...peersOf(chains, chain)].join();
}

/** Returns the mesh's contracts on a chain, including replaced pools. */
function contractsOf({ contracts, previousPools }: DeployedChain): string[] {
  return [...Object.values(contracts).filter((value) => value !== undefined), ...previousPools];
}

/** Returns the selectors of the other chains. */
function peersOf(chains: readonly DeployedChain[], chain: DeployedChain): bigint[] {
  return chains.filter(({ selector }) => selector !== chain.selector).map((peer) => peer.selector);
}

/**
 * Returns all logs of a kind up to the latest block; only new ones are requested, in chunks. Endpoints omit logs
 * without an error, so the logs have to add up to the token's state at that block.
 * @param kind storage key, in addition to the chain.
 * @param read reads the logs of a block range.
 * @param stateAt reads the token's state at a block, with the shares that the logs have to add up to.
 * @param sharesOf adds up the shares of logs.
 * @param more onProgress receives the fraction of the new blocks that has been read; lacks lists missing logs other
 * than those of shares.
 * @throws when the logs contradict the chain's state, because some are missing.
 */
export async function readLogsThrough<S extends { readonly shares: bigint }>(
  mesh: Pick<MeshDescription, "mesh" | "live">,
  chain: DeployedChain,
  kind: string,
  read: (range: BlockRange) => Promise<readonly ChainLog[]>,
  stateAt: (blockNumber: bigint) => Promise<S>,
  sharesOf: (logs: readonly ChainLog[]) => bigint,
  {
    onProgress,
    lacks,
  }: {
    readonly onProgress?: ((done: number) => void) | undefined;
    readonly lacks?: (logs: readonly ChainLog[], state: S) => string | undefined;
  } = {},
): Promise<{
  readonly block: ReadAt;
  readonly logs: readonly ChainLog[];
  readonly state: S;
}> {
  const client = clientOf(chain);
  const latest = await client.getBlock({ blockTag: "latest" });
  const latestNumber = Number(latest.number);
  const key = `${mesh.mesh}:${chain.chainId}:${KEPT_VERSION}:${kind}`;
  const settled = await settledLogs(key, chain);
  const from = settled ? settled.blockNumber + 1 : chain.firstBlock;
  const keepTo = mesh.live ? await settledUpTo(client, latest) : latestNumber;
  const keep = async (upTo: number, found: readonly ChainLog[], save: boolean): Promise<void> => {
    const block =
      upTo === latestNumber ? latest : await client.getBlock({ blockNumber: BigInt(upTo) });
    const kept = {
      blockNumber: upTo,
      blockHash: block.hash ?? "",
      logs: [...(settled?.logs ?? []), ...found].filter(({ blockNumber }) => blockNumber <= upTo),
    };
    known.set(key, kept);
    if (save) await saveLogs(key, kept);
  };
  let pieces = 0;
  const fresh =
    from > latestNumber
      ? []
      : await readInChunks({ from, to: latestNumber }, read, undefined, async (part) => {
          onProgress?.(part.done);
          pieces++;
          if (pieces % PIECES_BETWEEN_SAVES === 0 && part.to < keepTo)
            await keep(part.to, part.items, true);
        });
  const logs = [...(settled?.logs ?? []), ...fresh];
  const state = await stateAt(latest.number);
  const logged = sharesOf(logs);
  const lacking =
    logged === state.shares
      ? lacks?.(logs, state)
      : `up to block ${latestNumber} they account for ${logged} shares, and the token has ${state.shares}`;
  if (lacking !== undefined) {
    const times = (contradicted.get(key) ?? 0) + 1;
    contradicted.set(key, times);
    if (times >= PATIENT_READINGS) await forget(key);
    throw new ContradictionError(`its endpoint leaves logs out: ${lacking}`);
  }
  contradicted.delete(key);
  if (keepTo > (settled?.blockNumber ?? -1)) {
    const isWorthIt = fresh.length > 0 || !settled || pieces >= PIECES_BETWEEN_SAVES;
    await keep(keepTo, fresh, isWorthIt);
  }
  const block = { source: chain.name, block: latest.number, time: Number(latest.timestamp) };
  return { block, logs, state };
}

/** Version of the storage rules: logs stored under another version are ignored. */
const KEPT_VERSION = "3";

/** Returns the newest block up to which logs can be stored. */
async function settledUpTo(
  client: ReturnType<typeof clientOf>,
  latest: { readonly number: bigint; readonly timestamp: bigint },
): Promise<number> {
  const timed = ({ number, timestamp }: { number: bigint; timestamp: bigint }) => ({
    number: Number(number),
    timestamp,
  });
  // Endpoints without this tag fail in many different ways.
  const final = await client.getBlock({ blockTag: "finalized" }).catch(() => undefined);
  return settledBlock(timed(latest), final && timed(final), async (block) => {
    const { timestamp } = await client.getBlock({ blockNumber: BigInt(block) });
    return timestamp;
  });
}

/** Deletes the stored logs, so that they are read again. */
async function forget(key: string): Promise<void> {
  known.delete(key);
  contradicted.delete(key);
  await deleteLogs(key);
}

/** Returns the stored logs, if the chain is still the one from which they were read. */
async function settledLogs(key: string, chain: DeployedChain): Promise<Known | undefined> {
  const candidate = known.get(key) ?? (await loadLogs(key));
  if (!candidate) return undefined;
  const block = await clientOf(chain)
    .getBlock({ blockNumber: BigInt(candidate.blockNumber) })
    .catch(() => undefined);
  if (block?.hash !== candidate.blockHash) return undefined;
  return { ...candidate, logs: [...candidate.logs] };
}

/** The zero address as a topic: the sender of minted shares and the receiver of burned ones. */
const NOBODY = numberToHex(0, { size: 32 });

/**
 * Reads the logs of a block range. The token's contracts show in which blocks shares or the index leave; CCIP's
 * OnRamp, shared by all applications of a chain, is queried for those blocks only.
 */
async function readRange(
  mesh: MeshDescription,
  chain: DeployedChain,
  { onRamps, offRamps }: Ramps,
  range: BlockRange,
): Promise<ChainLog[]> {
  const topics = eventTopics(mesh);
  const selectors = peersOf(mesh.chains, chain).map((peer) => numberToHex(peer, { size: 32 }));
  const { token } = chain.contracts;
  const [own, minted, burned, executed] = await Promise.all([
    getLogs(chain, range, contractsOf(chain), [topics.own]),
    getLogs(chain, range, [token], [[SHARES_MOVED], NOBODY]),
    getLogs(chain, range, [token], [[SHARES_MOVED], null, NOBODY]),
    getLogs(chain, range, offRamps, [Object.values(executedTopics()), selectors]),
  ]);
  const departures = new Set(
    own
      .filter(({ topics: [first] }) => first && topics.departures.includes(first))
      .map(({ blockNumber }) => blockNumber),
  );
  const sent = await Promise.all(
    [...departures].map((block) =>
      getLogs(
        chain,
        { from: block, to: block },
        onRamps,
        // Other accounts send in the same block too, also to chains whose messages cannot be decoded here.
        [Object.values(sentTopics()), selectors],
      ),
    ),
  );
  const logs = [...own, ...minted, ...burned, ...executed, ...sent.flat()];
  return withTimes(chain, logs);
}

/** Reads logs with a raw request, because viem requires an ABI in place of a list of topics. */
export async function getLogs(
  chain: DeployedChain,
  { from, to }: BlockRange,
  address: readonly string[],
  topics: readonly (readonly string[] | string | null)[],
): Promise<RpcLog[]> {
  const answer = await searcherOf(chain).request({
    method: "eth_getLogs",
    params: [
      {
        address: address.map(hex),
        topics: topics.map((topic) =>
          topic === null ? null : typeof topic === "string" ? hex(topic) : topic.map(hex),
        ),
        fromBlock: numberToHex(from),
        toBlock: numberToHex(to),
      },
    ],
  });
  return rpcLogs.parse(answer);
}

/** Adds block times to logs. Newer nodes include the time in a log; older ones are queried once per block. */
export async function withTimes(
  chain: DeployedChain,
  logs: readonly RpcLog[],
): Promise<ChainLog[]> {
  const missing = new Set(
    logs.filter(({ blockTimestamp }) => !blockTimestamp).map(({ blockNumber }) => blockNumber),
  );
  const times = new Map(
    await Promise.all(
      [...missing].map(async (blockNumber): Promise<[number, number]> => {
        const block = await clientOf(chain).getBlock({ blockNumber: BigInt(blockNumber) });
        return [blockNumber, Number(block.timestamp)];
      }),
    ),
  );
  return logs.map(({ logIndex, blockTimestamp, ...log }) => ({
    ...log,
    index: logIndex,
    time: blockTimestamp ?? times.get(log.blockNumber) ?? 0,
  }));
}
