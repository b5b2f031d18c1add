import { ZeroAddress, id, zeroPadValue } from "ethers";

import { readPools } from "../ccip/sent";
import { movementOf, SHARES_MOVED } from "../core/shares";
import { abi, contractAt } from "../core/abis";
import type { HomeChain } from "../core/mesh/mesh";
import { timeOfBlock } from "../rpc/blocks";
import { readThrough } from "../rpc/logCache";
import type { LogReading } from "../rpc/logCache";
import { readLogs } from "../rpc/logs";
import type { PlainLog } from "../rpc/logs";
import { pinAt } from "../rpc/pinned";
import { minedReceipt, minedTransaction } from "../rpc/receipts";

const { topicHash: ARRIVED } = abi.pool.getEvent("ReleasedOrMinted");
const { topicHash: TRANSFER } = abi.token.getEvent("Transfer");

/**
 * The tokens that were issued to an account last; undefined when none ever were, which `issuedShares` has to agree
 * with: it counts what is issued and redeemed, and nothing that crosses chains.
 * @param toBlock the last block that is looked at, a recent one: its state is read.
 * @returns `amount` in token units (wei), `time` of the block in unix seconds.
 * @throws IncompleteLogsError when the endpoint leaves out what may be one.
 */
export async function lastIssue(
  home: HomeChain,
  to: string,
  toBlock: number,
  reading: LogReading = {},
) {
  const { name, chainId, provider, contracts, deployedAt = 0 } = home;
  const { token: address } = contracts;
  const pools = await readPools(home, toBlock, reading);
  const zero = zeroPadValue(ZeroAddress, 32);
  const read = async (fromBlock: number) => {
    const range = { fromBlock, toBlock };
    const logs = await Promise.all([
      readLogs(provider, { ...range, address, topics: [SHARES_MOVED, zero] }),
      readLogs(provider, { ...range, address, topics: [SHARES_MOVED, null, zero] }),
      readLogs(provider, { ...range, address: pools, topics: [ARRIVED] }),
    ]);
    return logs.flat().sort((a, b) => a.blockNumber - b.blockNumber || a.index - b.index);
  };
  const check = async (logs: readonly PlainLog[]) => {
    const at = await pinAt(name, provider, toBlock);
    const issued = await contractAt.token(address, at).issuedShares();
    const logged = changes(logs, pools).reduce((sum, { shares }) => sum + shares, 0n);
    if (logged === issued) return undefined;
    return `Cannot tell what was issued on ${name}, because its endpoint leaves logs out: up to block ${toBlock} they account for ${logged} shares, and the token has issued ${issued}. Try again later, or use another url.`;
  };
  const key = `${chainId}-issued-${id([address, ...pools].join()).slice(2, 18)}`;
  const logs = await readThrough(provider, { fromBlock: deployedAt, toBlock }, read, {
    ...reading,
    key,
    check,
  });
  const last = changes(logs, pools).findLast((change) => change.shares > 0n && change.to === to);
  if (!last) return undefined;
  const { blockNumber, transactionHash, index } = last.log;
  const [receipt, transaction, time] = await Promise.all([
    minedReceipt(name, provider, transactionHash),
    minedTransaction(name, provider, transactionHash),
    timeOfBlock(provider, blockNumber),
  ]);
  // The token logs what it moves in tokens, and then in shares.
  const transfer = receipt.logs.find((log) => log.index === index - 1);
  const amount = transfer?.topics[0] === TRANSFER ? BigInt(transfer.data) : 0n;
  return { amount, time, transaction };
}

/** Issued amounts, redeemed ones negative, in order. */
function changes(logs: readonly PlainLog[], pools: readonly string[]) {
  const arrived = new Set<PlainLog>();
  let minted: PlainLog | undefined;
  for (const log of logs) {
    // A pool tells what arrived after the token has minted it, before anything else is minted.
    if (log.topics[0] === ARRIVED && minted) arrived.add(minted);
    if (movementOf(log)?.from === ZeroAddress) minted = log;
  }
  return logs.flatMap((log) => {
    const movement = movementOf(log);
    if (!movement || arrived.has(log)) return [];
    const { from, to, shares } = movement;
    if (to !== ZeroAddress) return [{ log, to, shares }];
    return pools.includes(from) ? [] : [{ log, to, shares: -shares }];
  });
}
