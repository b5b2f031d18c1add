import { getAddress } from "ethers";
import { numberToHex } from "viem";
import { z } from "zod";

import { topicOf } from "../../../lib/ccip/abi";
import { MESSAGE_SENT } from "../../../lib/ccip/message";
import { released } from "../shims/releases";
import type { DeployedChain, MeshDescription } from "../deployments";
import { hex } from "../deployments";
import { readInChunks } from "../model/chunks";
import type { BlockRange } from "../model/chunks";
import { loadLogs, saveLogs } from "./cache";
import type { ChainLog } from "./cache";
import { clientOf } from "./client";
import { eventTopics } from "./events";

/** Everything that a chain has logged about the token, and its shares at the same block. */
export interface Ledger {
  readonly chain: string;
  readonly blockNumber: number;
  readonly logs: readonly ChainLog[];
  readonly totalShares: bigint;
  readonly issuedShares: bigint | undefined;
}

/** After how many pieces of a long scan what was found is kept: a page that is closed loses little. */
const PIECES_BETWEEN_SAVES = 20;

/** On a live chain the newest blocks may still be replaced: they are read again every time. */
const UNSETTLED_BLOCKS = 64;

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

/**
 * Reads what a chain has logged since the last time, and its shares at the last block read.
 * @param onProgress told how much of what is new has been read, between 0 and 1.
 */
export async function readLedger(
  mesh: MeshDescription,
  chain: DeployedChain,
  onProgress?: (done: number) => void,
): Promise<Ledger> {
  const { blockNumber, logs } = await readLogsThrough(
    mesh,
    chain,
    subjectsOf(mesh, chain),
    (range) => readRange(mesh, chain, range),
    onProgress,
  );
  const client = clientOf(chain);
  const token = { address: hex(chain.contracts.token), abi: mesh.own.token } as const;
  const [totalShares, issuedShares] = await Promise.all([
    client.readContract({ ...token, functionName: "totalShares", blockNumber }),
    chain.role === "home"
      ? client.readContract({ ...token, functionName: "issuedShares", blockNumber })
      : undefined,
  ]);
  return { chain: chain.name, blockNumber: Number(blockNumber), logs, totalShares, issuedShares };
}

/**
 * Whose logs a chain's ledger is read from. A ledger that was kept for others lacks logs of these: a pool
 * or a ramp had events before this page knew of it, and so had a chain that joined.
 */
export function subjectsOf(
  { chains }: Pick<MeshDescription, "chains">,
  chain: DeployedChain,
): string {
  const { onRamp, offRamp } = chain.ccip;
  return [...contractsOf(chain), onRamp, offRamp, ...peersOf(chains, chain)].join();
}

/** The contracts of ours on a chain, pools that were replaced included. */
function contractsOf({ contracts, formerPools }: DeployedChain): string[] {
  return [...Object.values(contracts).filter((value) => value !== undefined), ...formerPools];
}

/** The selectors of the other chains. */
function peersOf(chains: readonly DeployedChain[], chain: DeployedChain): bigint[] {
  return chains.filter(({ selector }) => selector !== chain.selector).map((peer) => peer.selector);
}

/**
 * Every log of a kind up to the latest block; only those since the last time are asked for, in pieces.
 * @param kind what they are kept under, beside the chain.
 * @param read the logs of a range of blocks.
 * @param onProgress told how much of what is new has been read, between 0 and 1.
 */
export async function readLogsThrough(
  mesh: MeshDescription,
  chain: DeployedChain,
  kind: string,
  read: (range: BlockRange) => Promise<readonly ChainLog[]>,
  onProgress?: (done: number) => void,
): Promise<{ readonly blockNumber: bigint; readonly logs: readonly ChainLog[] }> {
  const client = clientOf(chain);
  const latest = await client.getBlock({ blockTag: "latest" });
  const latestNumber = Number(latest.number);
  const key = `${mesh.mesh}:${chain.chainId}:${kind}`;
  const settled = await settledLogs(key, chain);
  const from = settled ? settled.blockNumber + 1 : chain.firstBlock;
  const keepTo = mesh.live ? latestNumber - UNSETTLED_BLOCKS : latestNumber;
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
  if (keepTo > (settled?.blockNumber ?? -1)) {
    const isWorthIt = fresh.length > 0 || !settled || pieces >= PIECES_BETWEEN_SAVES;
    await keep(keepTo, fresh, isWorthIt);
  }
  return { blockNumber: latest.number, logs: [...(settled?.logs ?? []), ...fresh] };
}

/** What is known already, if the chain still is the one that it was read from. */
async function settledLogs(key: string, chain: DeployedChain): Promise<Known | undefined> {
  const candidate = known.get(key) ?? (await loadLogs(key));
  if (!candidate) return undefined;
  const block = await clientOf(chain)
    .getBlock({ blockNumber: BigInt(candidate.blockNumber) })
    .catch(() => undefined);
  if (block?.hash !== candidate.blockHash) return undefined;
  return { ...candidate, logs: [...candidate.logs] };
}

/**
 * The token's contracts say when shares or the index leave; CCIP's OnRamp, which all applications of a
 * chain share, is asked about those blocks only.
 */
async function readRange(
  mesh: MeshDescription,
  chain: DeployedChain,
  range: BlockRange,
): Promise<ChainLog[]> {
  const { ccip } = chain;
  const topics = eventTopics(mesh);
  const selectors = peersOf(mesh.chains, chain).map((peer) => numberToHex(peer, { size: 32 }));
  const [own, executed] = await Promise.all([
    getLogs(chain, range, contractsOf(chain), [topics.own]),
    getLogs(
      chain,
      range,
      [ccip.offRamp],
      [[topicOf(released("offRamp").interface, "ExecutionStateChanged")], selectors],
    ),
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
        [ccip.onRamp],
        // Others send in the same block, too, and not only to chains whose messages can be read here.
        [[topicOf(released("onRamp").interface, MESSAGE_SENT)], selectors],
      ),
    ),
  );
  const logs = [...own, ...executed, ...sent.flat()];
  return withTimes(chain, logs);
}

/** Raw, because viem wants an ABI where a list of topics is meant. */
export async function getLogs(
  chain: DeployedChain,
  { from, to }: BlockRange,
  address: readonly string[],
  topics: readonly (readonly string[] | string | null)[],
): Promise<RpcLog[]> {
  const answer = await clientOf(chain).request({
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
