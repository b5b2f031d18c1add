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

/** Reads what a chain has logged since the last time, and its shares at the last block read. */
export async function readLedger(
  mesh: MeshDescription,
  chain: DeployedChain,
  onProgress?: (done: number) => void,
): Promise<Ledger> {
  const client = clientOf(chain);
  const latest = await client.getBlock({ blockTag: "latest" });
  const latestNumber = Number(latest.number);
  const key = `${mesh.mesh}:${chain.chainId}:${chain.contracts.token}`;
  const settled = await settledLogs(key, chain);
  const from = settled ? settled.blockNumber + 1 : chain.firstBlock;
  const fresh =
    from > latestNumber
      ? []
      : await readInChunks(
          { from, to: latestNumber },
          (range) => readRange(mesh, chain, range),
          undefined,
          onProgress,
        );
  const logs = [...(settled?.logs ?? []), ...fresh];
  const keepTo = mesh.live ? latestNumber - UNSETTLED_BLOCKS : latestNumber;
  if (keepTo > (settled?.blockNumber ?? -1)) {
    const block =
      keepTo === latestNumber ? latest : await client.getBlock({ blockNumber: BigInt(keepTo) });
    const kept = {
      blockNumber: keepTo,
      blockHash: block.hash ?? "",
      logs: logs.filter(({ blockNumber }) => blockNumber <= keepTo),
    };
    known.set(key, kept);
    if (fresh.length > 0 || from === chain.firstBlock) await saveLogs(key, kept);
  }
  const token = { address: hex(chain.contracts.token), abi: mesh.own.token } as const;
  const at = { blockNumber: latest.number };
  const [totalShares, issuedShares] = await Promise.all([
    client.readContract({ ...token, functionName: "totalShares", ...at }),
    chain.role === "home"
      ? client.readContract({ ...token, functionName: "issuedShares", ...at })
      : undefined,
  ]);
  return { chain: chain.name, blockNumber: latestNumber, logs, totalShares, issuedShares };
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
  const { contracts, ccip } = chain;
  const topics = eventTopics(mesh);
  const peers = mesh.chains.filter((other) => other !== chain);
  const [own, executed] = await Promise.all([
    getLogs(
      chain,
      range,
      Object.values(contracts).filter((value) => value !== undefined),
      [topics.own],
    ),
    getLogs(
      chain,
      range,
      [ccip.offRamp],
      [
        [topicOf(released("offRamp").interface, "ExecutionStateChanged")],
        peers.map(({ selector }) => numberToHex(selector, { size: 32 })),
      ],
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
        [[topicOf(released("onRamp").interface, MESSAGE_SENT)]],
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
