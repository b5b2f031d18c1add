import { getBytes, keccak256, toQuantity } from "ethers";
import type { JsonRpcApiProvider, Provider } from "ethers";
import { z } from "zod";

import { inChunks } from "./chunks";
import { IncompleteLogsError, gapAfter, readLogsThrough } from "./logCache";
import type { CachedReading } from "./logCache";
import type { LogRange, PlainLog } from "./logs";
import type { PinnedChain } from "./pinned";

/** Number of newest blocks that are checked: endpoints know a block before they have indexed its logs. */
export const NEWEST = 64;

const headerSchema = z.object({
  hash: z.string(),
  parentHash: z.string(),
  logsBloom: z.coerce.bigint(),
  transactions: z.array(z.string()),
});
const receiptsSchema = z.array(
  z.object({
    logs: z.array(z.object({ address: z.string(), topics: z.array(z.string()) })),
  }),
);

type Header = z.output<typeof headerSchema> & { readonly number: number };

/**
 * Reads logs that no contract state confirms, and checks them against the newest blocks themselves: a
 * header's bloom filter excludes most blocks, and the receipts of the others hold what an endpoint leaves out.
 * @throws IncompleteLogsError when a log is left out however long the endpoint is waited for.
 */
export async function readProvenLogs(
  chain: string,
  pinned: PinnedChain,
  range: LogRange,
  { store, key, lag }: Omit<CachedReading, "check">,
): Promise<PlainLog[]> {
  let logs: PlainLog[] = [];
  let from = store;
  const gap = await gapAfter(async () => {
    logs = await readLogsThrough(pinned.provider, range, { store: from, key });
    // What was stored may have the gap.
    from = undefined;
    return leftOut(chain, pinned, range, logs);
  }, lag);
  if (gap === undefined) return logs;
  throw new IncompleteLogsError(gap);
}

async function leftOut(
  chain: string,
  pinned: PinnedChain,
  { address, topics, fromBlock, toBlock }: LogRange,
  logs: readonly PlainLog[],
): Promise<string | undefined> {
  const addresses = [address].flat();
  const kinds = [topics[0] ?? []].flat();
  const [addressBits, kindBits] = [addresses.map(bloomBits), kinds.map(bloomBits)];
  const known = new Set(logs.map(({ blockNumber }) => blockNumber));
  for (const header of await newestHeaders(pinned)) {
    const { number, logsBloom } = header;
    if (number < fromBlock || number > toBlock || known.has(number)) continue;
    if (!addressBits.some((bits) => mayHold(logsBloom, bits))) continue;
    if (!kindBits.some((bits) => mayHold(logsBloom, bits))) continue;
    const missing = (await logsOf(pinned.provider, header)).find(
      (log) => isAmong(addresses, log.address) && isAmong(kinds, log.topics[0]),
    );
    if (missing) {
      return `Cannot tell what happened on ${chain}, because its endpoint leaves logs out: block ${number} holds one of ${missing.address} that eth_getLogs does not return. Try again later, or use another url.`;
    }
  }
  return undefined;
}

const headersRead = new WeakMap<PinnedChain, Promise<Header[]>>();

function newestHeaders(pinned: PinnedChain): Promise<Header[]> {
  const read = headersRead.get(pinned) ?? readHeaders(pinned);
  headersRead.set(pinned, read);
  read.catch(() => headersRead.delete(pinned));
  return read;
}

const lastHeaders = new WeakMap<Provider, readonly Header[]>();

/** Reads the newest headers. Those read before are kept where the parent hashes of later ones confirm them. */
async function readHeaders({ provider, blockNumber }: PinnedChain): Promise<Header[]> {
  const oldest = Math.max(0, blockNumber - NEWEST + 1);
  const known = (lastHeaders.get(provider) ?? []).filter(
    ({ number }) => number >= oldest && number < blockNumber,
  );
  const first = (known.at(-1)?.number ?? oldest - 1) + 1;
  let headers = [...known, ...(await headersBetween(provider, first, blockNumber))];
  if (headers[0]?.number !== oldest || !areLinked(headers)) {
    headers = await headersBetween(provider, oldest, blockNumber);
  }
  lastHeaders.set(provider, areLinked(headers) ? headers : []);
  return headers;
}

function areLinked(headers: readonly Header[]): boolean {
  return headers.every(({ parentHash }, i) => i === 0 || parentHash === headers[i - 1]?.hash);
}

async function headersBetween(provider: Provider, first: number, last: number): Promise<Header[]> {
  const numbers = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  const headers = await inChunks(numbers, async (number) => {
    const params = [toQuantity(number), false];
    const header = headerSchema.safeParse(await send(provider, "eth_getBlockByNumber", params));
    // A block that the node does not have yet, or a chain without bloom filters, proves nothing.
    return header.success ? [{ ...header.data, number }] : [];
  });
  return headers.flat();
}

/** Reads the logs of a block from its receipts: all at once, or one by one where the endpoint does not serve that. */
async function logsOf(
  provider: Provider,
  { hash, transactions }: Header,
): Promise<readonly Pick<PlainLog, "address" | "topics">[]> {
  const all = await send(provider, "eth_getBlockReceipts", [hash]).catch(() => undefined);
  const parsed = receiptsSchema.safeParse(all);
  if (parsed.success) return parsed.data.flatMap(({ logs }) => logs);
  const receipts = await inChunks(transactions, (transaction) =>
    provider.getTransactionReceipt(transaction),
  );
  return receipts.flatMap((receipt) => receipt?.logs ?? []);
}

function isAmong(values: readonly string[], value = ""): boolean {
  return values.some((one) => one.toLowerCase() === value.toLowerCase());
}

function send(provider: Provider, method: string, params: unknown[]): Promise<unknown> {
  return (provider as JsonRpcApiProvider).send(method, params);
}

/** Returns the three of the 2,048 bits of a bloom filter that are set for a value. */
function bloomBits(value: string): bigint {
  const hash = getBytes(keccak256(value));
  return [0, 2, 4].reduce(
    (bits, i) => bits | (1n << BigInt((((hash[i] ?? 0) << 8) | (hash[i + 1] ?? 0)) & 2047)),
    0n,
  );
}

function mayHold(bloom: bigint, bits: bigint): boolean {
  return (bloom & bits) === bits;
}
