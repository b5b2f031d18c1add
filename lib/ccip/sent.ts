import { ZeroAddress, id, zeroPadValue } from "ethers";
import { z } from "zod";
import { decodeEvent, decodeMessage, readOne, sentTopics, topicOf } from "ccip-localnet/protocol";
import type { Message } from "ccip-localnet/protocol";

import { SHARES_MOVED, movementOf, sharesByLogs } from "../core/shares";
import type { ShareMovement } from "../core/shares";
import { ccipAbi, contractAt } from "../core/abis";
import type { MeshChain } from "../core/mesh/mesh";
import { inChunks } from "../rpc/chunks";
import { readLogsThrough, readThrough } from "../rpc/logCache";
import type { LogReading } from "../rpc/logCache";
import { plain, readLogs } from "../rpc/logs";
import type { PlainLog } from "../rpc/logs";
import { pinAt } from "../rpc/pinned";
import { minedReceipt } from "../rpc/receipts";

import { contentOf } from "./poolData";
import type { Content } from "./poolData";

/** A message that carries tokens of a mesh. */
export interface SentMessage extends Content {
  readonly message: Message;
}

/** Messages with tokens that a chain has sent. */
export interface SentMessages {
  /** Oldest first. */
  readonly messages: readonly SentMessage[];
  /** By transaction, the number of burns by a pool of the token: one for each transfer. */
  readonly burns: ReadonlyMap<string, number>;
  /** By transaction, the decoding error of a message that names a pool of the token. */
  readonly unreadable: ReadonlyMap<string, string>;
}

/** The part of a chain that is needed to find its sent messages. */
export type SendingChain = Pick<
  MeshChain,
  "name" | "chainId" | "provider" | "ccip" | "contracts" | "deployedAt"
>;

const poolSet = z.object({ previousPool: z.string(), newPool: z.string() });

/** A change of a token's pool; the zero address stands for none. */
export interface PoolChange extends z.output<typeof poolSet> {
  readonly blockNumber: number;
}

/**
 * Reads every change of the pool of a chain's token in CCIP's registry up to a recent block, oldest first: each begins
 * where the one before ends, and the last ends where the registry is; throws an IncompleteLogsError otherwise.
 */
export async function readPoolChanges(
  { name, chainId, provider, ccip, contracts, deployedAt = 0 }: SendingChain,
  toBlock: number,
  reading: LogReading = {},
): Promise<PoolChange[]> {
  const { token } = contracts;
  const { tokenAdminRegistry: address } = ccip;
  const registry = { address, interface: ccipAbi.registry };
  const change = (log: PlainLog) => ({
    ...decodeEvent(ccipAbi.registry, "PoolSet", log, poolSet),
    blockNumber: log.blockNumber,
  });
  const check = async (logs: readonly PlainLog[]) => {
    const at = await pinAt(name, provider, toBlock);
    const registered = await readOne(at, registry, "getPool", [token], z.string());
    const found = logs.map(change);
    const ends = [ZeroAddress, ...found.map(({ newPool }) => newPool)];
    const follows = [...found.map(({ previousPool }) => previousPool), registered];
    if (ends.every((pool, i) => pool === follows[i])) return undefined;
    return `Cannot tell which pools the token of ${name} has had, because its endpoint leaves logs out: up to block ${toBlock} they lead to pool ${ends.at(-1) ?? ""}, and CCIP's registry names ${registered}. Try again later, or use another url.`;
  };
  const topics = [topicOf(ccipAbi.registry, "PoolSet"), topicOfAddress(token)];
  const key = `${chainId}-pools-${id([address, token].join()).slice(2, 18)}`;
  const range = { address, topics, fromBlock: deployedAt, toBlock };
  const logs = await readLogsThrough(provider, range, { ...reading, key, check });
  return logs.map(change);
}

/** Reads every pool that the token of a chain has had up to a block, as CCIP's registry says. */
export async function readPools(
  chain: SendingChain,
  toBlock: number,
  reading?: LogReading,
): Promise<string[]> {
  const changes = await readPoolChanges(chain, toBlock, reading);
  const registered = changes.flatMap(({ previousPool, newPool }) => [previousPool, newPool]);
  const pools = new Set([chain.contracts.pool, ...registered]);
  return [...pools].filter((address) => address !== ZeroAddress).sort();
}

/**
 * Reads every message with tokens that a chain has sent since deployment, up to a recent block. The ramps carry
 * the messages of all senders, so they are not searched: CCIP's router hands the tokens to the pool, and the token logs
 * that, whatever pool it is (a forged one leaves out its own `LockedOrBurned`). The receipts of these transactions
 * hold the messages, whatever contract logged them: they have to be checked against the known OnRamps. What was minted
 * and burned is read along, for it has to lead to the shares that the token has.
 * @throws IncompleteLogsError when the endpoint leaves some out.
 */
export async function readSent(
  chain: SendingChain,
  toBlock: number,
  reading: LogReading = {},
): Promise<SentMessages> {
  const { name, chainId, contracts, provider, deployedAt = 0 } = chain;
  const pools = await readPools(chain, toBlock, reading);
  const what = id([contracts.token, ...pools].join()).slice(2, 18);
  const check = async (found: readonly PlainLog[]) => {
    const at = await pinAt(name, provider, toBlock);
    const total = await contractAt.token(contracts.token, at).totalShares();
    const logged = sharesByLogs(found);
    if (logged === total) return undefined;
    return `Cannot tell what ${name} has sent, because its endpoint leaves logs out: up to block ${toBlock} they account for ${logged} shares, and the token has ${total}. Try again later, or use another url.`;
  };
  const logs = await readThrough(
    provider,
    { fromBlock: deployedAt, toBlock },
    (fromBlock) => sentLogs(chain, pools, fromBlock, toBlock),
    { ...reading, key: `${chainId}-sent-${what}`, check },
  );
  return messagesAmong(logs, pools);
}

function messagesAmong(logs: readonly PlainLog[], pools: readonly string[]): SentMessages {
  const messages: SentMessage[] = [];
  const unreadable = new Map<string, string>();
  const burns = new Map<string, number>();
  for (const log of logs) {
    const { transactionHash, data } = log;
    const movement = movementOf(log);
    if (movement) {
      if (!isBurnBy(pools, movement)) continue;
      burns.set(transactionHash, (burns.get(transactionHash) ?? 0) + 1);
      continue;
    }
    try {
      const message = decodeMessage(log);
      const content = contentOf(message, pools);
      if (content) messages.push({ message, ...content });
    } catch (error) {
      if (!pools.some((pool) => data.includes(pool.slice(2).toLowerCase()))) continue;
      unreadable.set(transactionHash, error instanceof Error ? error.message : String(error));
    }
  }
  return { messages, burns, unreadable };
}

/**
 * Reads the logs of OnRamps in the transactions that handed shares to a pool or in which a pool burned some, and
 * everything that was minted and burned, in the order of the chain.
 */
async function sentLogs(
  { name, provider, contracts }: SendingChain,
  pools: readonly string[],
  fromBlock: number,
  toBlock: number,
): Promise<PlainLog[]> {
  const range = { address: contracts.token, fromBlock, toBlock };
  const zero = topicOfAddress(ZeroAddress);
  const targets = [zero, ...pools.map(topicOfAddress)];
  const [minted, moved] = await Promise.all([
    readLogs(provider, { ...range, topics: [SHARES_MOVED, zero] }),
    readLogs(provider, { ...range, topics: [SHARES_MOVED, null, targets] }),
  ]);
  const transactions = new Set(
    moved.flatMap((log) => {
      const movement = movementOf(log);
      // CCIP sends nothing when there is nothing to send, and what arrives on a pool was not sent by it.
      if (!movement || movement.shares === 0n || movement.from === ZeroAddress) return [];
      const isForPool = movement.to !== ZeroAddress || isBurnBy(pools, movement);
      return isForPool ? [log.transactionHash] : [];
    }),
  );
  const burned = moved.filter(({ topics }) => topics[2] === zero && topics[1] !== zero);
  const sent = Object.values(sentTopics());
  const receipts = await inChunks([...transactions], (hash) => minedReceipt(name, provider, hash));
  const messages = receipts.flatMap(({ logs }) =>
    logs.map(plain).filter(({ topics: [topic = ""] }) => sent.includes(topic)),
  );
  return [...minted, ...burned, ...messages].sort(
    (a, b) => a.blockNumber - b.blockNumber || a.index - b.index,
  );
}

function isBurnBy(pools: readonly string[], { from, to }: ShareMovement): boolean {
  return to === ZeroAddress && pools.includes(from);
}

function topicOfAddress(address: string): string {
  return zeroPadValue(address.toLowerCase(), 32);
}
