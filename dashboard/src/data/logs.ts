import { getAddress } from "ethers";
import { numberToHex } from "viem";
import { z } from "zod";
import { executedTopics, sentTopics } from "ccip-localnet/protocol";

import { readAt } from "core/reading";
import type { Read, ReadAt } from "core/reading";
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
import { ContradictionError } from "./useReadings";

/**
 * Everything that a chain has logged about the token, and its shares at the same block. Where the chain's
 * state and its logs contradict each other there is no ledger: endpoints leave logs out without an error.
 */
export interface Ledger {
  readonly chain: string;
  readonly blockNumber: number;
  readonly logs: readonly ChainLog[];
  readonly totalShares: bigint;
  readonly issuedShares: bigint | undefined;
}

/** After how many pieces of a long scan what was found is kept: a page that is closed loses little. */
const PIECES_BETWEEN_SAVES = 20;

/** Times in a row that logs may contradict a contract before those that were kept are read again, too. */
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

/** Readings in a row that contradicted a contract, by what they were kept under. */
const contradicted = new Map<string, number>();

/**
 * Reads what a chain has logged since the last time, and its shares at the last block read.
 * @param onProgress told how much of what is new has been read, between 0 and 1.
 * @throws when the logs lack what the chain's state shows to have happened.
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

/** Counts that a chain's state has at a block, for comparison with its logs. */
interface Milestones {
  readonly epoch: bigint;
  /** The token's total. */
  readonly shares: bigint;
  readonly issuedShares: bigint | undefined;
  /** Ids of the newest broadcast to each satellite; home only. */
  readonly newestBroadcasts: readonly string[];
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
    newestBroadcasts: destinations
      .filter(({ lastSentAt }) => lastSentAt > 0)
      .map(({ lastMessageId }) => lastMessageId),
  };
}

/** Says what logs lack that the state of their chain shows to have happened; nothing when it is all there. */
function lackIn(
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
  if (newestBroadcasts.some((id) => !broadcasts.has(id)))
    return "the newest broadcast is not among them";
  return undefined;
}

/**
 * Whose logs a chain's ledger is read from. A ledger that was kept for others lacks logs of these: a pool
 * or a ramp had events before this page knew of it, and so had a chain that joined.
 */
export function subjectsOf(
  { chains }: Pick<MeshDescription, "chains">,
  chain: DeployedChain,
  { onRamps, offRamps }: Ramps,
): string {
  return [...contractsOf(chain), ...onRamps, "", ...offRamps, ...peersOf(chains, chain)].join();
}

/** The contracts of ours on a chain, pools that were replaced included. */
function contractsOf({ contracts, previousPools }: DeployedChain): string[] {
  return [...Object.values(contracts).filter((value) => value !== undefined), ...previousPools];
}

/** The selectors of the other chains. */
function peersOf(chains: readonly DeployedChain[], chain: DeployedChain): bigint[] {
  return chains.filter(({ selector }) => selector !== chain.selector).map((peer) => peer.selector);
}

/**
 * Every log of a kind up to the latest block; only those since the last time are asked for, in pieces. Endpoints
 * leave logs out without an error, so that they have to lead to what the token itself says at that block.
 * @param kind what they are kept under, beside the chain.
 * @param read the logs of a range of blocks.
 * @param stateAt what the token says at a block, with the shares that the logs have to lead to.
 * @param sharesOf the shares that logs lead to.
 * @param more onProgress is told how much of what is new has been read, between 0 and 1; lacks says what the logs
 * lack beside shares.
 * @throws when the logs contradict the chain's state: some are missing.
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

/** Version of the rules by which logs are kept: those kept by others are not used. */
const KEPT_VERSION = "3";

/** The newest block up to which logs can be kept. */
async function settledUpTo(
  client: ReturnType<typeof clientOf>,
  latest: { readonly number: bigint; readonly timestamp: bigint },
): Promise<number> {
  const timed = ({ number, timestamp }: { number: bigint; timestamp: bigint }) => ({
    number: Number(number),
    timestamp,
  });
  // Endpoints without the tag say so in many ways, and none of them is worth telling apart.
  const final = await client.getBlock({ blockTag: "finalized" }).catch(() => undefined);
  return settledBlock(timed(latest), final && timed(final), async (block) => {
    const { timestamp } = await client.getBlock({ blockNumber: BigInt(block) });
    return timestamp;
  });
}

/** Forgets the logs that were kept, so that they are read again. */
async function forget(key: string): Promise<void> {
  known.delete(key);
  contradicted.delete(key);
  await deleteLogs(key);
}

/** Returns the logs that were kept, if the chain still is the one that they were read from. */
async function settledLogs(key: string, chain: DeployedChain): Promise<Known | undefined> {
  const candidate = known.get(key) ?? (await loadLogs(key));
  if (!candidate) return undefined;
  const block = await clientOf(chain)
    .getBlock({ blockNumber: BigInt(candidate.blockNumber) })
    .catch(() => undefined);
  if (block?.hash !== candidate.blockHash) return undefined;
  return { ...candidate, logs: [...candidate.logs] };
}

/** The zero address as a topic: whom minted shares come from, and where burned ones go. */
const NOBODY = numberToHex(0, { size: 32 });

/**
 * The token's contracts say when shares or the index leave; CCIP's OnRamp, which all applications of a
 * chain share, is asked about those blocks only.
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
        // Others send in the same block, too, and not only to chains whose messages can be read here.
        [Object.values(sentTopics()), selectors],
      ),
    ),
  );
  const logs = [...own, ...minted, ...burned, ...executed, ...sent.flat()];
  return withTimes(chain, logs);
}

/** Raw, because viem wants an ABI where a list of topics is meant. */
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

/** Newer nodes tell the time of a log with it; others are asked once for each block. */
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
