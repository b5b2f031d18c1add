import { ZeroAddress } from "ethers";
import { z } from "zod";
import {
  encodeAddress,
  readOne,
  released,
  revertDataOf,
  toRouterMessage,
} from "ccip-localnet/protocol";

import { readCurse } from "../ccip/rmn";
import { SHARES_PER_WRAPPED } from "../core/units";
import { abi, ccipAbi, contractAt } from "../core/abis";
import type { MeshChain } from "../core/mesh/mesh";
import { revertText } from "../core/revert/revertChain";
import { readBuckets } from "../mesh/components/pool/contract";
import { pinLatest } from "../rpc/pinned";
import type { PinnedChain } from "../rpc/pinned";

/** The token that a fee is paid in. */
export type FeeToken = "native" | "link";

/** A transfer of tokens between two chains of a mesh. */
export interface Transfer {
  readonly source: MeshChain;
  readonly destination: MeshChain;
  readonly receiver: string;
  /** Token units (wei) of the source chain, or wrapped units. */
  readonly amount: bigint;
  /** The unit of the amount, tokens unless given; wrapped units travel by the wrapped bridges. */
  readonly unit?: "tokens" | "wrapped";
  /** The least wrapped units that have to arrive; none unless given. */
  readonly minimum?: bigint | undefined;
}

/** Returns the contract that sends a transfer, and the token that it takes from the sender. */
export function senderOf({ source, unit }: Pick<Transfer, "source" | "unit">) {
  const { token, wrapper, wrappedBridge } = source.contracts;
  if (unit !== "wrapped") return { sender: source.ccip.router, asset: token };
  if (wrapper === undefined || wrappedBridge === undefined) {
    throw new Error(`${source.name} has no wrapped bridge.`);
  }
  return { sender: wrappedBridge, asset: wrapper };
}

/** One end of a transfer's lane, read at one block. */
export type TransferEnd = Awaited<ReturnType<typeof readEnd>>;

/** A fee in token units (wei), or the reason why CCIP quotes none. */
export type Fee =
  | { readonly amount: bigint; readonly refusal?: undefined }
  | { readonly amount?: undefined; readonly refusal: string };

/** Balances of an account on the source chain. */
export type Balances = Awaited<ReturnType<typeof readBalances>>;

/** The current cost and effect of a transfer. */
export type Quote = Awaited<ReturnType<typeof readQuote>>;

/**
 * Reads both ends of a lane, each at one block, and CCIP's fee for a transfer.
 * @param account the account whose balances are read; none unless given.
 */
export async function readQuote({
  account,
  ...transfer
}: Transfer & { readonly account?: string | undefined }) {
  const { source, destination, receiver } = transfer;
  const [here, there] = await Promise.all([
    pinLatest(source.name, source.provider),
    pinLatest(destination.name, destination.provider),
  ]);
  const from = await readEnd(source, here, destination.selector);
  const [to, native, link, balances, pairing] = await Promise.all([
    readEnd(destination, there, source.selector, from.pool),
    readFee(transfer, here),
    readFee(transfer, here, source.ccip.link),
    account === undefined ? undefined : readBalances(transfer, here, account),
    transfer.unit === "wrapped" ? readPairing(transfer, here, there) : undefined,
  ]);
  const wrapped = pairing && { ...travelOf(transfer.amount, from.sharesPerToken), pairing };
  const amount = wrapped?.units ?? transfer.amount;
  const shares = amount * from.sharesPerToken;
  const worth = (index: bigint) => (index === 0n ? 0n : shares / index);
  return {
    /** Token units that leave the source. */
    amount,
    receiver,
    /** Present for a transfer of wrapped units. */
    ...(wrapped && { wrapped }),
    /** The shares that the message carries; 0 while the source is unsynced. */
    shares,
    fees: { native, link },
    source: from,
    destination: to,
    /**
     * Token units at the destination's current index, for a receiver without a fractional balance; 0 while the
     * destination is unsynced.
     */
    arriving: worth(to.sharesPerToken),
    /** The same amount after the destination's pending rebase takes effect. */
    ...(to.pending && {
      arrivingLater: {
        amount: worth(to.pending.sharesPerToken),
        effectiveAt: to.pending.effectiveAt,
      },
    }),
    ...(balances && { balances }),
  };
}

/**
 * Reads one end of a lane.
 * @param peer selector of the other end.
 * @param remotePool the source pool, when this end is the destination.
 */
async function readEnd(
  { name: chain, contracts, ccip }: MeshChain,
  pinned: PinnedChain,
  peer: bigint,
  remotePool?: string,
) {
  const { blockNumber, timestamp } = pinned;
  const token = contractAt.token(contracts.token, pinned);
  const registry = { address: ccip.tokenAdminRegistry, interface: ccipAbi.registry };
  const [paused, epoch, sharesPerToken, pending, pool, curse] = await Promise.all([
    token.paused(),
    token.epoch(),
    token.sharesPerToken(),
    token.pendingRebase(),
    readOne(pinned, registry, "getPool", [contracts.token], z.string()),
    readCurse(pinned, ccip.rmnProxy, peer),
  ]);
  const contract = contractAt.pool(pool, pinned);
  const direction = remotePool === undefined ? "outbound" : "inbound";
  const isSupported = pool !== ZeroAddress && (await contract.isSupportedChain(peer));
  const knowsPeer =
    isSupported &&
    (remotePool === undefined || (await contract.isRemotePool(peer, encodeAddress(remotePool))));
  return {
    chain,
    blockNumber,
    /** Unix seconds. */
    timestamp,
    paused,
    /** 0 while unsynced. */
    epoch,
    sharesPerToken,
    /** A rebase that this chain knows and that takes effect later. */
    ...(pending.pending && {
      pending: { sharesPerToken: pending.next, effectiveAt: pending.effectiveAt },
    }),
    /** The pool in CCIP's token admin registry; the zero address when none is registered. */
    pool,
    /** True if that pool supports the other chain and, at a destination, accepts the source pool. */
    knowsPeer,
    /** The RMN curse on the lane. */
    curse,
    /** Undefined when the pool does not support the other chain. */
    bucket: isSupported ? (await readBuckets(pinned, pool, peer))[direction] : undefined,
  };
}

/**
 * Returns what travels of wrapped units, as contracts/defi/WrappedBridge.sol rounds it.
 * @param sharesPerToken the index at the source; 0 while it is unsynced, and nothing travels.
 */
function travelOf(amount: bigint, sharesPerToken: bigint) {
  const all = amount * SHARES_PER_WRAPPED;
  const units = sharesPerToken === 0n ? 0n : all / sharesPerToken;
  const shares = units * sharesPerToken;
  const arriving = shares / SHARES_PER_WRAPPED;
  // Another index at the source moves what arrives by its rounding alone.
  const rounding = 2n * (sharesPerToken / SHARES_PER_WRAPPED + 1n);
  return {
    /** Wrapped units that leave the sender. */
    amount,
    /** Token units that CCIP carries. */
    units,
    /** Wrapped units that arrive. */
    arriving,
    /** The least that has to arrive unless the sender says otherwise, whatever index counts when it is sent. */
    least: arriving > rounding ? arriving - rounding : 1n,
    /** Shares that stay with the sender. */
    staying: all - shares,
    /** Shares that the receiver gets beside the wrapped units. */
    loose: shares % SHARES_PER_WRAPPED,
  };
}

/** Reads whether the bridges of both ends know each other. */
async function readPairing(
  { source, destination }: Transfer,
  here: PinnedChain,
  there: PinnedChain,
) {
  const { wrappedBridge: from = ZeroAddress } = source.contracts;
  const { wrappedBridge: to = ZeroAddress } = destination.contracts;
  const [outgoing, incoming] = await Promise.all([
    contractAt.wrappedBridge(from, here).getRemote(destination.selector),
    contractAt.wrappedBridge(to, there).getRemote(source.selector),
  ]);
  return { source: outgoing.bridge === to, destination: incoming.bridge === from };
}

/** Returns the arguments of the router's `getFee` and `ccipSend`. */
function routerArguments(
  { source, destination, receiver, amount }: Transfer,
  feeToken: string | undefined,
) {
  const tokens = [{ token: source.contracts.token, amount }];
  return [destination.selector, toRouterMessage({ receiver, tokens, feeToken })];
}

/** Encodes the call that sends a transfer. @param feeToken address of the fee token; native unless given. */
export function encodeSend(transfer: Transfer, feeToken?: string): string {
  if (transfer.unit === "wrapped") {
    const { destination, receiver, amount, minimum = 0n } = transfer;
    const args = [destination.selector, receiver, amount, minimum] as const;
    return abi.wrappedBridge.encodeFunctionData("send", [...args, feeToken ?? ZeroAddress]);
  }
  const router = released("router").interface;
  return router.encodeFunctionData("ccipSend", routerArguments(transfer, feeToken));
}

/**
 * Reads CCIP's current fee for a transfer, or the reason why it quotes none.
 * @param feeToken address of the fee token; native unless given.
 */
export async function readFee(
  transfer: Transfer,
  reader: Pick<PinnedChain, "call">,
  feeToken?: string,
): Promise<Fee> {
  const { sender: address } = senderOf(transfer);
  try {
    if (transfer.unit === "wrapped") {
      const { destination, receiver, amount } = transfer;
      const bridge = { address, interface: abi.wrappedBridge };
      const args = [destination.selector, receiver, amount, feeToken ?? ZeroAddress];
      // The fee comes first.
      return { amount: await readOne(reader, bridge, "quote", args, z.bigint()) };
    }
    const router = { address, interface: released("router").interface };
    const args = routerArguments(transfer, feeToken);
    return { amount: await readOne(reader, router, "getFee", args, z.bigint()) };
  } catch (error) {
    const data = revertDataOf(error);
    if (data === "0x") throw error;
    return { refusal: revertText(data) };
  }
}

async function readBalances(transfer: Transfer, pinned: PinnedChain, account: string) {
  const { sender, asset } = senderOf(transfer);
  const token = contractAt.token(asset, pinned);
  const feeToken = contractAt.token(transfer.source.ccip.link, pinned);
  const [balance, native, link, allowance, linkAllowance, nonce] = await Promise.all([
    token.balanceOf(account),
    pinned.getBalance(account),
    feeToken.balanceOf(account),
    token.allowance(account, sender),
    feeToken.allowance(account, sender),
    pinned.getTransactionCount(account),
  ]);
  return {
    account,
    /** Token units (wei), or wrapped units. */
    balance,
    /** Wei. */
    native,
    link,
    /** The current allowances of the contract that sends. */
    allowance,
    linkAllowance,
    /** Its next nonce. */
    nonce,
  };
}
