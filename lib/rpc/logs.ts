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

/** Answered chunks in a row before a larger chunk than the refused one is tried again. */
const GROW_AFTER = 4;

/**
 * The number of blocks in one request. An endpoint refuses because they are too many for it, or full of
 * logs, or because it fails for a moment, and its error does not tell which: so larger chunks
 * are tried again later, less often each time that fails.
 */
class ChunkSize {
  size: number;
  private limit: number;
  private answered = 0;
  private growAfter = GROW_AFTER;
  private isTrying = false;

  constructor(private readonly all: number) {
    this.size = all;
    this.limit = all;
  }

  grow(): void {
    if (this.isTrying) this.growAfter = Math.max(1, Math.floor(this.growAfter / 2));
    this.isTrying = false;
    this.answered += 1;
    if (this.size < this.limit) {
      this.size = Math.min(this.size * 2, this.limit);
    } else if (this.limit < this.all && this.answered >= this.growAfter) {
      this.limit = Math.min(this.limit * 2, this.all);
      this.size = this.limit;
      this.answered = 0;
      this.isTrying = true;
    }
  }

  /** @returns false when it was a single block that was refused: that is never too much. */
  shrink(refused: number): boolean {
    if (this.isTrying) this.growAfter *= 2;
    this.isTrying = false;
    this.answered = 0;
    this.size = Math.max(1, Math.floor(refused / 4));
    this.limit = Math.max(1, Math.floor(refused / 2));
    return refused > 1;
  }
}

/**
 * Reads logs in chunks: all blocks at once first, then as many as the endpoint allows.
 * @throws the endpoint's error when it refuses a single block.
 */
export async function readLogs(provider: Provider, range: LogRange): Promise<PlainLog[]> {
  const { address, topics, fromBlock, toBlock } = range;
  const logs: PlainLog[] = [];
  const chunk = new ChunkSize(toBlock - fromBlock + 1);
  let from = fromBlock;
  while (from <= toBlock) {
    const to = Math.min(from + chunk.size - 1, toBlock);
    try {
      const filter = {
        address: typeof address === "string" ? address : [...address],
        topics: topics.map((topic) =>
          typeof topic === "string" || topic === null ? topic : [...topic],
        ),
        fromBlock: from,
        toBlock: to,
      };
      const found = await atKnownBlock(() => provider.getLogs(filter));
      logs.push(...found.map(plain));
      from = to + 1;
      chunk.grow();
    } catch (error) {
      if (!mayGiveFewerBlocks(error) || !chunk.shrink(to - from + 1)) throw error;
    }
  }
  return logs;
}

/** Blocks of the first request when reading backwards: as many as most endpoints allow. */
const NEWEST_CHUNK = 5_000;

/**
 * The newest logs of a range, at least `count` of them if there are as many, oldest first. Reads
 * backwards, each chunk larger than the one before: what happened lately is found at once.
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
