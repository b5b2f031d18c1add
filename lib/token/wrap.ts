import { ZeroAddress, zeroPadValue } from "ethers";

import { abi, contractAt } from "../core/abis";
import { exactTokens } from "../core/amount";
import { nativeSymbol } from "../core/chains";
import { OperatorError } from "../core/errors";
import type { Mesh, MeshChain } from "../core/mesh/mesh";
import { explainReason } from "../core/reasons/catalogue";
import { meshNames } from "../core/reasons/reason";
import { command } from "../core/recovery";
import { SHARES_PER_WRAPPED } from "../core/units";
import type { OperatorContext } from "../mesh/operator";
import type { RetryPolicy } from "../core/endpoint/client";
import { readNewestLogs } from "../rpc/logs";
import type { PlainLog } from "../rpc/logs";
import { NEWEST, readProvenLogs } from "../rpc/newestBlocks";
import { pinAt, pinLatest } from "../rpc/pinned";
import { minedTransaction } from "../rpc/receipts";
import { unclearOutcome } from "../tx/errors";
import { NonceManager } from "../tx/nonces";
import { sendTransaction } from "../tx/send";

/** Tokens of an account that are to be wrapped, or wrapped units to be unwrapped. */
export interface Wrapping {
  readonly chain: MeshChain;
  readonly action: "wrap" | "unwrap";
  /** Token units of a deposit, or wrapped units to be exchanged exactly. */
  readonly unit: "tokens" | "wrapped";
  readonly amount: bigint;
  readonly account: string;
  readonly receiver: string;
}

/** Balances of an account on a chain in both forms, and the rate between them. */
export type Holdings = Awaited<ReturnType<typeof readHoldings>>;

/** Returns the wrapper of a chain; throws when its mesh has none. */
export function wrapperOf({ config }: Pick<Mesh, "config">, { contracts }: MeshChain): string {
  if (contracts.wrapper !== undefined) return contracts.wrapper;
  throw new OperatorError(
    "INVALID_OPTION",
    `Mesh ${config.name} has no wrapper: declare "wrapper" in its mesh file, deploy, and run \`${command("mesh apply", { mesh: config.name })}\`.`,
  );
}

/** Reads what an account holds on a chain at its latest block, in both forms. */
export async function readHoldings(mesh: Pick<Mesh, "config">, chain: MeshChain, account: string) {
  const wrapper = wrapperOf(mesh, chain);
  const pinned = await pinLatest(chain.name, chain.provider);
  const token = contractAt.token(chain.contracts.token, pinned);
  const [tokens, shares, wrapped, allowance, sharesPerToken, paused, native, nonce] =
    await Promise.all([
      token.balanceOf(account),
      token.sharesOf(account),
      contractAt.wrapper(wrapper, pinned).balanceOf(account),
      token.allowance(account, wrapper),
      token.sharesPerToken(),
      token.paused(),
      pinned.getBalance(account),
      pinned.getTransactionCount(account),
    ]);
  return {
    /** Token units. */
    tokens,
    /** Shares of its tokens, of which each token unit has `sharesPerToken`. */
    shares,
    /** Wrapped units. */
    wrapped,
    /** Token units that the wrapper may take. */
    allowance,
    /** 0 while the token is unsynced. */
    sharesPerToken,
    /** Token units for 1e18 wrapped units, rounded down; 0 while the token is unsynced. */
    rate: sharesPerToken === 0n ? 0n : (10n ** 18n * SHARES_PER_WRAPPED) / sharesPerToken,
    paused,
    /** Wei. */
    native,
    /** Its next nonce. */
    nonce,
    /** Unix seconds. */
    timestamp: pinned.timestamp,
    blockNumber: pinned.blockNumber,
  };
}

/** Returns the token units that a wrapping takes, as the token counts an allowance: rounded up. */
export function unitsTaken({ unit, amount }: Wrapping, { sharesPerToken }: Holdings): bigint {
  if (unit === "tokens") return amount;
  return (amount * SHARES_PER_WRAPPED + sharesPerToken - 1n) / sharesPerToken;
}

/**
 * Checks everything that may prevent a wrapping.
 * @throws naming what it is, the value and the remedy.
 */
export function requireWrappable(mesh: Mesh, wrapping: Wrapping, now: Holdings): void {
  const { chain, action, amount, account, receiver } = wrapping;
  const { token, wrapper } = chain.contracts;
  const refuse = (code: "NOT_ENOUGH_FUNDS" | "INVALID_ADDRESS" | "INVALID_AMOUNT", what: string) =>
    new OperatorError(code, `Nothing was sent. ${what}`);
  const blocked = now.sharesPerToken === 0n ? "Unsynced" : now.paused ? "EnforcedPause" : undefined;
  if (blocked) {
    const context = {
      mesh: meshNames(mesh.config),
      direction: "send",
      chain: chain.name,
      peer: mesh.home.name,
      at: now.timestamp,
    } as const;
    const { why, fixes } = explainReason(context, blocked);
    const remedy = fixes.map((fix) => (fix.command ? `\`${fix.command}\`: ${fix.note}` : fix.note));
    throw new OperatorError(
      blocked === "Unsynced" ? "TOKEN_UNSYNCED" : "TOKEN_PAUSED",
      `Nothing was sent. ${why} ${remedy.join("; ")}`,
    );
  }
  if ([ZeroAddress, token, wrapper].includes(receiver)) {
    const which =
      receiver === ZeroAddress ? "nobody" : receiver === token ? "the token" : "the wrapper";
    throw refuse(
      "INVALID_ADDRESS",
      `The receiver ${receiver} is ${which} of ${chain.name}: name an account that can hold tokens with --receiver.`,
    );
  }
  const [held, needed, what] =
    action === "wrap"
      ? ([now.tokens, unitsTaken(wrapping, now), "tokens"] as const)
      : ([now.wrapped, amount, "wrapped units"] as const);
  // An exact wrapping moves shares, which may be worth a part of a token unit.
  const isEnough =
    action === "wrap" && wrapping.unit === "wrapped"
      ? now.shares >= amount * SHARES_PER_WRAPPED
      : held >= needed;
  if (!isEnough) {
    throw refuse(
      "NOT_ENOUGH_FUNDS",
      `${account} has ${exactTokens(held)} ${what} on ${chain.name}, and ${exactTokens(needed)} are needed: name less with --amount, or another account with --account.`,
    );
  }
  if (wrapping.unit === "tokens" && (amount * now.sharesPerToken) / SHARES_PER_WRAPPED === 0n) {
    throw refuse(
      "INVALID_AMOUNT",
      `${exactTokens(amount)} tokens are less than one wrapped unit on ${chain.name}: name more with --amount.`,
    );
  }
  if (now.native === 0n) {
    throw refuse(
      "NOT_ENOUGH_FUNDS",
      `${account} has no ${nativeSymbol(chain.name)} on ${chain.name} to pay gas with: fund it.`,
    );
  }
}

/** Returns the call of the wrapper that does it. */
function encodeWrapping({ action, unit, amount, receiver, account }: Wrapping): string {
  if (action === "unwrap") {
    return abi.wrapper.encodeFunctionData("unwrapShares", [amount, receiver, account]);
  }
  return unit === "wrapped"
    ? abi.wrapper.encodeFunctionData("wrapShares", [amount, receiver])
    : abi.wrapper.encodeFunctionData("deposit", [amount, receiver]);
}

const TRANSFER = abi.wrapper.getEvent("Transfer").topicHash;

/**
 * Makes sure that an interrupted run has not done it: it would be the last transaction of the account.
 * @throws OperatorError naming that transaction; IncompleteLogsError when the endpoint leaves out what may be one.
 */
export async function requireNotDone(
  { mesh }: OperatorContext,
  wrapping: Wrapping,
  now: Holdings,
  lag?: RetryPolicy,
): Promise<void> {
  const { chain, action, account, receiver } = wrapping;
  const { name, provider, deployedAt = 0 } = chain;
  const address = wrapperOf(mesh, chain);
  const ends = action === "wrap" ? [ZeroAddress, receiver] : [account, ZeroAddress];
  const topics = [TRANSFER, ...ends.map((end) => zeroPadValue(end, 32))];
  const { blockNumber: toBlock } = now;
  const [all, proven] = await Promise.all([
    readNewestLogs(provider, { address, topics, fromBlock: deployedAt, toBlock }),
    readProvenLogs(
      name,
      await pinAt(name, provider, toBlock),
      { address, topics: [TRANSFER], fromBlock: Math.max(0, toBlock - NEWEST + 1), toBlock },
      { key: `${name}-${address}-newest`, lag },
    ),
  ]);
  const isOwn = (log: PlainLog) => topics.every((topic, i) => log.topics[i] === topic);
  const last = [...all, ...proven.filter(isOwn)]
    .sort((a, b) => a.blockNumber - b.blockNumber || a.index - b.index)
    .at(-1);
  if (!last) return;
  const { from, nonce, data, hash } = await minedTransaction(name, provider, last.transactionHash);
  if (from !== account || nonce !== now.nonce - 1 || data !== encodeWrapping(wrapping)) return;
  throw new OperatorError(
    "SAME_TRANSFER",
    `Nothing was sent. The last transaction of ${account} on ${name} has done the same, ${hash}: add --again to do it a second time.`,
  );
}

/**
 * Wraps tokens or unwraps wrapped units; allows the wrapper exactly what it takes.
 * @param now what the account held when it was asked: with another nonce nothing is sent.
 * @throws TransactionError when nothing was sent; OUTCOME_UNKNOWN when that is unknown.
 */
export async function sendWrapping(
  context: OperatorContext,
  wrapping: Wrapping,
  now: Holdings,
  onSent?: (label: string, hash: string) => void,
): Promise<string> {
  const { chain, action, unit, amount, account } = wrapping;
  const to = wrapperOf(context.mesh, chain);
  const signer = await context.signerFor(chain, account);
  const options = { nonces: new NonceManager(), ...context.sendOptions(chain), onSent };
  const taken = unitsTaken(wrapping, now);
  let { nonce } = now;
  if (action === "wrap" && now.allowance < taken) {
    const data = abi.token.encodeFunctionData("approve", [to, taken]);
    const label = `approve ${exactTokens(taken)} tokens for the wrapper on ${chain.name}`;
    const approval = { label, to: chain.contracts.token, data, nonce: nonce++ };
    await sendTransaction(chain, signer, approval, options);
  }
  const data = encodeWrapping(wrapping);
  const label = `${action} ${exactTokens(amount)} ${unit === "tokens" ? "tokens" : "wrapped units"} on ${chain.name}`;
  const receipt = await sendTransaction(chain, signer, { label, to, data, nonce }, options).catch(
    (error: unknown) => {
      const unclear = unclearOutcome(error);
      if (!unclear) throw error;
      const by = unclear.hash ? ` by ${unclear.hash}` : "";
      throw new OperatorError(
        "OUTCOME_UNKNOWN",
        `Nobody knows whether it was done${by}: ${label}. Look at the account's transactions there before you run it again.`,
        unclear,
      );
    },
  );
  return receipt.hash;
}
