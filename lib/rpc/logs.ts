import type { Log, Provider } from "ethers";

import { mayGiveFewerBlocks } from "../core/endpoint/errors";

import { atKnownBlock } from "./retry";

/** The fields of a log that are kept. */
export type PlainLog = Pick<
  Log,
  "address" | "topics" | "data" | "blockNumber" | "index" | "transactionHash"
>;

/** Logs up to a block that were read once. */
export interface KeptLogs {
  readonly upTo: number;
  readonly logs: readonly PlainLog[];
  /** Time at which the oldest of them were read, unix milliseconds. */
  readonly since: number;
}

/** A cache of logs. Lost logs are read again. */
export interface LogStore {
  load(key: string): KeptLogs | undefined;
  save(key: string, kept: KeptLogs): void;
}

/** A filter of logs over a range of blocks. */
export interface LogRange {
  readonly address: string | readonly string[];
  readonly topics: readonly (string | readonly string[] | null)[];
  readonly fromBlock: number;
  readonly toBlock: number;
}

/**
 * Reads logs in chunks: all blocks at once first, then as many as the endpoint allows. It refuses because they are
 * too many for it, or full of logs, or because it fails for a moment, and its error does not say which: so larger
 * chunks are tried again later, less often each time that fails.
 * @throws the endpoint's error when it refuses a single block.
 */
export async function readLogs(provider: Provider, range: LogRange): Promise<PlainLog[]> {
  const { fromBlock, toBlock } = range;
  const address = typeof range.address === "string" ? range.address : [...range.address];
  const topics = range.topics.map((topic) =>
    typeof topic === "string" || topic === null ? topic : [...topic],
  );
  const logs: PlainLog[] = [];
  const all = toBlock - fromBlock + 1;
  /** Blocks of the next chunk, and the most that are taken for allowed. */
  let [size, limit] = [all, all];
  /** Answered chunks in a row, and how many of them precede a larger one. */
  let [answered, growAfter] = [0, 4];
  let isTrying = false;
  for (let from = fromBlock; from <= toBlock;) {
    const to = Math.min(from + size - 1, toBlock);
    try {
      const filter = { address, topics, fromBlock: from, toBlock: to };
      const found = await atKnownBlock(() => provider.getLogs(filter));
      logs.push(...found.map(plain));
      from = to + 1;
      answered += 1;
      if (isTrying) growAfter = Math.max(1, Math.floor(growAfter / 2));
      isTrying = size === limit && limit < all && answered >= growAfter;
      if (isTrying) [limit, answered] = [Math.min(limit * 2, all), 0];
      size = isTrying ? limit : Math.min(size * 2, limit);
    } catch (error) {
      if (!mayGiveFewerBlocks(error) || from === to) throw error;
      if (isTrying) growAfter *= 2;
      [isTrying, answered] = [false, 0];
      const refused = to - from + 1;
      size = Math.max(1, Math.floor(refused / 4));
      limit = Math.max(1, Math.floor(refused / 2));
    }
  }
  return logs;
}

/** Blocks of the first request when reading backwards: as many as most endpoints allow. */
const NEWEST_CHUNK = 5_000;

/**
 * Returns the newest logs of a range, at least `count` of them if there are as many, oldest first. Reads
 * backwards, each chunk larger than the one before, so that recent logs are found at once.
 */
export async function readNewestLogs(
  provider: Provider,
  range: LogRange,
  count = 1,
): Promise<PlainLog[]> {
  let logs: PlainLog[] = [];
  let toBlock = range.toBlock;
  for (let size = NEWEST_CHUNK; toBlock >= range.fromBlock && logs.length < count; size *= 4) {
    const fromBlock = Math.max(range.fromBlock, toBlock - size + 1);
    logs = [...(await readLogs(provider, { ...range, fromBlock, toBlock })), ...logs];
    toBlock = fromBlock - 1;
  }
  return logs;
}

/** Returns the kept fields of a log of ethers. */
export function plain({
  address,
  topics,
  data,
  blockNumber,
  index,
  transactionHash,
}: Log): PlainLog {
  return { address, topics: [...topics], data, blockNumber, index, transactionHash };
}
