import { ZeroAddress } from "ethers";
import { z } from "zod";
import {
  describeRevert,
  encodeAddress,
  readOne,
  released,
  revertDataOf,
} from "ccip-localnet/protocol";

import { readCurse } from "../ccip/rmn";
import type { Curse } from "../core/reasons/reason";
import { readBuckets } from "../mesh/components/pool/contract";
import { abi, ccipAbi, contractAt } from "../core/abis";
import type { BucketState } from "../core/mesh/limit";
import type { MeshChain } from "../core/mesh/mesh";
import { pinLatest } from "../rpc/pinned";
import type { PinnedChain } from "../rpc/pinned";
import { allowance as allowanceOf, balanceOf } from "../rpc/erc20";

import { routerArguments } from "./transfer";
import type { Transfer } from "./transfer";

/** The token that a fee is paid in. */
export type FeeToken = "native" | "link";

/** One end of a transfer's lane, read at one block. */
export interface TransferEnd {
  readonly chain: string;
  readonly blockNumber: number;
  /** Unix seconds. */
  readonly timestamp: bigint;
  readonly paused: boolean;
  /** 0 while unsynced. */
  readonly epoch: bigint;
  readonly sharesPerToken: bigint;
  /** A rebase that this chain knows and that takes effect later. */
  readonly pending?: { readonly sharesPerToken: bigint; readonly effectiveAt: bigint };
  /** The pool in CCIP's token admin registry; the zero address when none is registered. */
  readonly pool: string;
  /** True if that pool supports the other chain and, at a destination, accepts the source pool. */
  readonly knowsPeer: boolean;
  /** The RMN curse on the lane. */
  readonly curse: Curse | undefined;
  /** Undefined when the pool does not support the other chain. */
  readonly bucket: BucketState | undefined;
}

/** A fee in token units (wei), or the reason why CCIP quotes none. */
export type Fee =
  | { readonly amount: bigint; readonly refusal?: undefined }
  | { readonly amount?: undefined; readonly refusal: string };

/** Balances of an account on the source chain. */
export interface Balances {
  readonly account: string;
  /** Token units (wei). */
  readonly balance: bigint;
  /** Wei. */
  readonly native: bigint;
  readonly link: bigint;
  /** The router's current allowances. */
  readonly allowance: bigint;
  readonly linkAllowance: bigint;
  /** Its next nonce. */
  readonly nonce: number;
}

/** The current cost and effect of a transfer. */
export interface Quote {
  readonly amount: bigint;
  readonly receiver: string;
  /** The shares that the message carries; 0 while the source is unsynced. */
  readonly shares: bigint;
  readonly fees: Readonly<Record<FeeToken, Fee>>;
  readonly source: TransferEnd;
  readonly destination: TransferEnd;
  /**
   * Token units at the destination's current index, for a receiver without a fractional balance; 0 while the
   * destination is unsynced.
   */
  readonly arriving: bigint;
  /** The same amount after the destination's pending rebase takes effect. */
  readonly arrivingLater?: { readonly amount: bigint; readonly effectiveAt: bigint };
  readonly balances?: Balances;
}

/** A transfer to quote. */
export type QuoteRequest = Transfer & {
  /** The account whose balances are read; none unless given. */
  readonly account?: string;
};

/** Reads both ends of a lane, each at one block, and CCIP's fee for a transfer. */
export async function readQuote(request: QuoteRequest): Promise<Quote> {
  const { source, destination, amount, receiver, account } = request;
  const [here, there] = await Promise.all([
    pinLatest(source.name, source.provider),
    pinLatest(destination.name, destination.provider),
  ]);
  const from = await readEnd(source, here, destination.selector);
  const [to, native, link, balances] = await Promise.all([
    readEnd(destination, there, source.selector, from.pool),
    readFee(request, here),
    readFee(request, here, source.ccip.link),
    account === undefined ? undefined : readBalances(source, here, account),
  ]);
  const shares = amount * from.sharesPerToken;
  const worth = (index: bigint) => (index === 0n ? 0n : shares / index);
  return {
    amount,
    receiver,
    shares,
    fees: { native, link },
    source: from,
    destination: to,
    arriving: worth(to.sharesPerToken),
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
  { name, contracts, ccip }: MeshChain,
  pinned: PinnedChain,
  peer: bigint,
  remotePool?: string,
): Promise<TransferEnd> {
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
    chain: name,
    blockNumber: pinned.blockNumber,
    timestamp: pinned.timestamp,
    paused,
    epoch,
    sharesPerToken,
    ...(pending.pending && {
      pending: { sharesPerToken: pending.next, effectiveAt: pending.effectiveAt },
    }),
    pool,
    knowsPeer,
    curse,
    bucket: isSupported ? (await readBuckets(pinned, pool, peer))[direction] : undefined,
  };
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
  const router = {
    address: transfer.source.ccip.router,
    interface: released("router").interface,
  };
  const args = routerArguments(transfer, feeToken);
  try {
    return { amount: await readOne(reader, router, "getFee", args, z.bigint()) };
  } catch (error) {
    const data = revertDataOf(error);
    if (data === "0x") throw error;
    return { refusal: describeRevert(data, Object.values(abi)) };
  }
}

async function readBalances(
  { contracts, ccip }: MeshChain,
  pinned: PinnedChain,
  account: string,
): Promise<Balances> {
  const token = contractAt.token(contracts.token, pinned);
  const [balance, native, link, allowance, linkAllowance, nonce] = await Promise.all([
    token.balanceOf(account),
    pinned.getBalance(account),
    balanceOf(pinned, ccip.link, account),
    token.allowance(account, ccip.router),
    allowanceOf(pinned, ccip.link, account, ccip.router),
    pinned.getTransactionCount(account),
  ]);
  return { account, balance, native, link, allowance, linkAllowance, nonce };
}
