import { FetchRequest, makeError } from "ethers";
import type { Block, Filter, Log, Provider, TransactionReceipt, TransactionRequest } from "ethers";

/** Limits and faults of an endpoint. */
export interface Thinness {
  /** The most blocks that it searches for logs at once. */
  readonly maxBlocks?: number;
  /** Numbers of the requests for logs that fail, counted from 1. */
  readonly outages?: readonly number[];
  /** Selects the logs that it omits without an error. */
  readonly leaveOut?: LeaveOut;
  /** In how many of its answers it leaves logs out; in all unless named. */
  readonly leavesOut?: number;
  /** Answer to a request for the `finalized` block; that of its node by default. */
  readonly finalized?: () => Promise<number | null>;
  /** Blocks that it reports as the latest, one after the other, before the real one. */
  readonly latest?: readonly number[];
  /** Number of requests for a block by number that it answers with null. */
  readonly missing?: number;
  /** Number of reads of balances, nonces, code or storage that fail because the block is missing. */
  readonly behind?: number;
  /** The number that it reports as its latest block. */
  readonly blockNumber?: number;
  /** Number of requests for a receipt that it answers with null. */
  readonly lateReceipts?: number;
  /** Forged answer to the first call with this data. */
  readonly misread?: { readonly data: string; readonly answer: string };
}

/** Returns whether a log is omitted, given the number of the latest block. */
export type LeaveOut = (log: Log, latest: number) => boolean;

/** Omits the logs of the newest blocks, as load-balanced nodes do while one of them lags. */
export function endsBefore(blocks: number): LeaveOut {
  return ({ blockNumber }, latest) => blockNumber > latest - blocks;
}

/** A provider like a public endpoint, with a record of its requests. */
export interface ThinProvider {
  readonly provider: Provider;
  /** From which block on logs were asked for, each time. */
  readonly askedFrom: readonly number[];
  /** Number of requests for logs, failed ones included. */
  logRequests(): number;
  /** Makes it report a block as the latest once more, after the earlier ones. */
  readonly lag: (latest: number | Promise<number>) => void;
  /** Number of requests for receipts. */
  receipts(): number;
  /** Returns whether it has given the wrong answer. */
  hasMisread(): boolean;
}

const READS_AT_BLOCK = ["getBalance", "getTransactionCount", "getCode", "getStorage"] as const;

const OUTAGE = { operation: "request.send", reason: "timeout", request: new FetchRequest("") };

/** An error as a node answers. */
export function jsonRpcError(message: string): Error {
  return Object.assign(new Error(message), { code: -32_000 });
}

/** Stands before a provider: searches few blocks at once, lags for a while, and counts. */
export function thinProvider(
  inner: Provider,
  {
    maxBlocks,
    outages = [],
    leaveOut,
    leavesOut = Infinity,
    finalized,
    latest = [],
    missing = 0,
    behind = 0,
    blockNumber,
    lateReceipts = 0,
    misread,
  }: Thinness,
): ThinProvider {
  const askedFrom: number[] = [];
  const lags: (number | Promise<number>)[] = [...latest];
  let left = missing;
  let logRequests = 0;
  let receipts = 0;
  let hasMisread = false;
  let shortAnswers = 0;
  const own: Partial<Provider> = {
    async getLogs(filter: Filter): Promise<Log[]> {
      const { fromBlock, toBlock } = filter;
      logRequests += 1;
      if (outages.includes(logRequests)) throw makeError("no answer", "TIMEOUT", OUTAGE);
      if (maxBlocks !== undefined && Number(toBlock) - Number(fromBlock) >= maxBlocks) {
        throw jsonRpcError(`eth_getLogs is limited to a ${maxBlocks} blocks range`);
      }
      askedFrom.push(Number(fromBlock));
      const logs = await inner.getLogs(filter);
      if (!leaveOut || shortAnswers >= leavesOut) return logs;
      const head = await inner.getBlockNumber();
      const rest = logs.filter((log) => !leaveOut(log, head));
      if (rest.length < logs.length) shortAnswers += 1;
      return rest;
    },
    async getBlock(block): Promise<Block | null> {
      if (typeof block === "number" && left-- > 0) return null;
      if (block === "finalized" && finalized) {
        const number = await finalized();
        return number === null ? null : inner.getBlock(number);
      }
      return inner.getBlock(block === "latest" ? ((await lags.shift()) ?? block) : block);
    },
    getBlockNumber: () => Promise.resolve(blockNumber ?? inner.getBlockNumber()),
    call(transaction: TransactionRequest): Promise<string> {
      if (hasMisread || !misread || transaction.data !== misread.data) {
        return inner.call(transaction);
      }
      hasMisread = true;
      return Promise.resolve(misread.answer);
    },
    getTransactionReceipt(hash): Promise<TransactionReceipt | null> {
      receipts += 1;
      if (receipts <= lateReceipts) return Promise.resolve(null);
      return inner.getTransactionReceipt(hash);
    },
  };
  const lagging = new Map<string | symbol, number>(READS_AT_BLOCK.map((name) => [name, behind]));
  const provider = new Proxy(inner, {
    get(target, key) {
      if (key in own) return Reflect.get(own, key) as unknown;
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== "function") return value;
      return (...args: unknown[]): unknown => {
        const left = lagging.get(key) ?? 0;
        if (left === 0 || typeof args.at(-1) !== "number")
          return Reflect.apply(value, target, args);
        lagging.set(key, left - 1);
        return Promise.reject(jsonRpcError("header not found"));
      };
    },
  });
  return {
    provider,
    askedFrom,
    logRequests: () => logRequests,
    lag: (block) => void lags.push(block),
    receipts: () => receipts,
    hasMisread: () => hasMisread,
  };
}
