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
import { ccipAbi, contractAt } from "../core/abis";
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
  /** Token units (wei) of the source chain. */
  readonly amount: bigint;
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
  const { source, destination, amount, receiver } = transfer;
  const [here, there] = await Promise.all([
    pinLatest(source.name, source.provider),
    pinLatest(destination.name, destination.provider),
  ]);
  const from = await readEnd(source, here, destination.selector);
  const [to, native, link, balances] = await Promise.all([
    readEnd(destination, there, source.selector, from.pool),
    readFee(transfer, here),
    readFee(transfer, here, source.ccip.link),
    account === undefined ? undefined : readBalances(source, here, account),
  ]);
  const shares = amount * from.sharesPerToken;
  const worth = (index: bigint) => (index === 0n ? 0n : shares / index);
  return {
    amount,
    receiver,
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

/** Returns the arguments of the router's `getFee` and `ccipSend`. */
function routerArguments(
  { source, destination, receiver, amount }: Transfer,
  feeToken: string | undefined,
) {
  const tokens = [{ token: source.contracts.token, amount }];
  return [destination.selector, toRouterMessage({ receiver, tokens, feeToken })];
}

/** Encodes the `ccipSend` of a transfer. @param feeToken address of the fee token; native unless given. */
export function encodeSend(transfer: Transfer, feeToken?: string): string {
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
  const address = transfer.source.ccip.router;
  const router = { address, interface: released("router").interface };
  const args = routerArguments(transfer, feeToken);
  try {
    return { amount: await readOne(reader, router, "getFee", args, z.bigint()) };
  } catch (error) {
    const data = revertDataOf(error);
    if (data === "0x") throw error;
    return { refusal: revertText(data) };
  }
}

async function readBalances({ contracts, ccip }: MeshChain, pinned: PinnedChain, account: string) {
  const token = contractAt.token(contracts.token, pinned);
  const feeToken = contractAt.token(ccip.link, pinned);
  const [balance, native, link, allowance, linkAllowance, nonce] = await Promise.all([
    token.balanceOf(account),
    pinned.getBalance(account),
    feeToken.balanceOf(account),
    token.allowance(account, ccip.router),
    feeToken.allowance(account, ccip.router),
    pinned.getTransactionCount(account),
  ]);
  return {
    account,
    /** Token units (wei). */
    balance,
    /** Wei. */
    native,
    link,
    /** The router's current allowances. */
    allowance,
    linkAllowance,
    /** Its next nonce. */
    nonce,
  };
}
