import { ZeroAddress, getAddress, id, zeroPadValue } from "ethers";
import { z } from "zod";

import { decodeEvent, topicOf } from "../ccip/abi";
import { MESSAGE_SENT, decodeMessage } from "../ccip/message";
import type { Message } from "../ccip/message";
import { released } from "../ccip/releases";
import { abi, ccipAbi } from "../mesh/contracts";
import type { MeshChain } from "../mesh/mesh";
import { inChunks } from "../rpc/chunks";
import { plain, readLogs, readLogsThrough, readThrough } from "../rpc/logs";
import type { LogStore, PlainLog } from "../rpc/logs";
import { minedReceipt } from "../rpc/receipts";

import { contentOf } from "./content";
import type { Content } from "./content";

/** A message that carries tokens of a mesh. */
export interface SentMessage extends Content {
  readonly message: Message;
  /** The contract that told of it: an OnRamp of CCIP's, or somebody who claims to be one. */
  readonly onRamp: string;
}

/** What a chain has sent. */
export interface SentMessages {
  /** Oldest first. */
  readonly messages: readonly SentMessage[];
  /** By transaction, how often a pool of the token burned what it was handed: once for each transfer. */
  readonly burns: ReadonlyMap<string, number>;
  /** Transactions that sent something from a pool of the token that is no message between EVM chains. */
  readonly unreadable: readonly { readonly transactionHash: string; readonly reason: string }[];
}

/** What has to be known of a chain to find what it sent. */
export type SendingChain = Pick<
  MeshChain,
  "name" | "chainId" | "provider" | "ccip" | "contracts" | "deployedAt"
>;

const TRANSFER = topicOf(abi.token, "Transfer");

const poolSet = z.object({ previousPool: z.string(), newPool: z.string() });

/** A change of a token's pool; the zero address stands for none. */
export interface PoolChange extends z.output<typeof poolSet> {
  readonly blockNumber: number;
}

/**
 * Every change of the pool of a chain's token in CCIP's registry, oldest first.
 * @param toBlock the last block that is looked at.
 */
export async function readPoolChanges(
  { chainId, provider, ccip, contracts, deployedAt = 0 }: SendingChain,
  toBlock: number,
  store?: LogStore,
): Promise<PoolChange[]> {
  const { token } = contracts;
  const logs = await readLogsThrough(
    store,
    `${chainId}-pools-${id([ccip.tokenAdminRegistry, token].join()).slice(2, 18)}`,
    provider,
    {
      address: ccip.tokenAdminRegistry,
      topics: [topicOf(ccipAbi.registry, "PoolSet"), topicOfAddress(token)],
      fromBlock: deployedAt,
      toBlock,
    },
  );
  return logs.map((log) => ({
    ...decodeEvent(ccipAbi.registry, "PoolSet", log, poolSet),
    blockNumber: log.blockNumber,
  }));
}

/**
 * Every pool that the token of a chain has ever had, as CCIP's registry says.
 * @param toBlock the last block that is looked at.
 */
export async function readPools(
  chain: SendingChain,
  toBlock: number,
  store?: LogStore,
): Promise<string[]> {
  const changes = await readPoolChanges(chain, toBlock, store);
  const registered = changes.flatMap(({ previousPool, newPool }) => [previousPool, newPool]);
  const pools = new Set([chain.contracts.pool, ...registered]);
  return [...pools].filter((address) => address !== ZeroAddress).sort();
}

/**
 * Every message with tokens that a chain has sent since its contracts were deployed. The ramps carry
 * everybody's messages, so they are not searched: CCIP's router hands the tokens to the pool before it
 * asks it to take them, and the token logs that, whatever pool it is. The receipts of these
 * transactions hold the messages, whatever OnRamp told of them: CCIP may have replaced it since, so that
 * whoever follows a message has to make sure of it. (`LockedOrBurned` is an event of the pool itself, which a forged pool
 * leaves out.)
 * @param toBlock the last block that is looked at.
 */
export async function readSent(
  chain: SendingChain,
  toBlock: number,
  store?: LogStore,
): Promise<SentMessages> {
  const { chainId, ccip, contracts, deployedAt = 0 } = chain;
  const pools = await readPools(chain, toBlock, store);
  const what = id([contracts.token, ...pools].join()).slice(2, 18);
  const range = { fromBlock: deployedAt, toBlock };
  const logs = await readThrough(store, `${chainId}-carried-${what}`, range, (fromBlock) =>
    sentLogs(chain, pools, fromBlock, toBlock),
  );
  const messages: SentMessage[] = [];
  const unreadable: { transactionHash: string; reason: string }[] = [];
  const burns = new Map<string, number>();
  for (const log of logs) {
    const { address: onRamp, transactionHash } = log;
    if (log.topics[0] === TRANSFER) {
      burns.set(transactionHash, (burns.get(transactionHash) ?? 0) + 1);
      continue;
    }
    try {
      const message = decodeMessage(log);
      const sent = contentOf(message, pools);
      if (sent) messages.push({ message, onRamp, ...sent });
    } catch (error) {
      if (onRamp !== ccip.onRamp || !mentions(log, pools)) continue;
      const reason = error instanceof Error ? error.message : String(error);
      unreadable.push({ transactionHash, reason });
    }
  }
  return { messages, burns, unreadable };
}

/** What OnRamps logged in the transactions that handed tokens to a pool, and what pools burned in them. */
async function sentLogs(
  { name, provider, contracts }: SendingChain,
  pools: readonly string[],
  fromBlock: number,
  toBlock: number,
): Promise<PlainLog[]> {
  const handedOver = await readLogs(provider, {
    address: contracts.token,
    topics: [TRANSFER, null, pools.map(topicOfAddress)],
    fromBlock,
    toBlock,
  });
  // CCIP sends nothing when there is nothing to send, and what arrives on a pool was not sent by it.
  const transactions = new Set(
    handedOver
      .filter(({ topics, data }) => BigInt(data) > 0n && topics[1] !== topicOfAddress(ZeroAddress))
      .map(({ transactionHash }) => transactionHash),
  );
  const sent = topicOf(released("onRamp").interface, MESSAGE_SENT);
  const zero = topicOfAddress(ZeroAddress);
  const burners = pools.map(topicOfAddress);
  const isBurn = ({ address, topics: [topic, from = "", to] }: PlainLog) =>
    address === contracts.token && topic === TRANSFER && burners.includes(from) && to === zero;
  const receipts = await inChunks([...transactions], (hash) => minedReceipt(name, provider, hash));
  return receipts.flatMap(({ logs }) =>
    logs.map(plain).filter((log) => log.topics[0] === sent || isBurn(log)),
  );
}

function mentions({ data }: PlainLog, pools: readonly string[]): boolean {
  return pools.some((pool) => data.includes(getAddress(pool).slice(2).toLowerCase()));
}

function topicOfAddress(address: string): string {
  return zeroPadValue(address.toLowerCase(), 32);
}
