import { ZeroAddress } from "ethers";
import type { Signer, TransactionReceipt } from "ethers";
import { sendAll, sendMessage } from "ccip-localnet";
import { messagesIn } from "ccip-localnet/protocol";
import type { Message } from "ccip-localnet/protocol";

import type { Transfer } from "../bridge/quote";
import { abi, contractAt } from "../core/abis";
import { withFeeMargin } from "../core/feeMargin";
import type { HomeChain, SatelliteChain } from "../core/mesh/mesh";
import { minedReceipt } from "../rpc/receipts";

/** A transfer that was sent, and the receipt of `ccipSend`. */
export interface SentTransfer {
  readonly message: Message;
  readonly receipt: TransactionReceipt;
}

/** Approves a transfer and sends it for the quoted native fee, as any wallet would. */
export async function sendTransfer(transfer: Transfer, signer: Signer): Promise<SentTransfer> {
  const { source, receiver, amount } = transfer;
  const tokens = [{ token: source.contracts.token, amount }];
  const message = await sendMessage(transfer, { receiver, tokens }, signer);
  const { name, provider } = source;
  return { message, receipt: await minedReceipt(name, provider, message.transactionHash) };
}

export interface BroadcastResult {
  readonly receipt: TransactionReceipt;
  /** One for each lane that accepted it. */
  readonly messages: readonly Message[];
  /** The satellites whose lanes failed, with their revert data. */
  readonly failed: readonly { readonly chain: string; readonly reason: string }[];
}

/** Sends the home's index to satellites; the signer pays in native, at most the quote plus a margin. */
export async function broadcast(
  { contracts: { broadcaster: to }, provider }: HomeChain,
  satellites: readonly SatelliteChain[],
  signer: Signer,
): Promise<BroadcastResult> {
  const selectors = satellites.map(({ selector }) => selector);
  const { total } = await contractAt.broadcaster(to, provider).quote(selectors, ZeroAddress);
  const value = withFeeMargin(total);
  const args: [bigint[], string, bigint] = [selectors, ZeroAddress, value];
  const data = abi.broadcaster.encodeFunctionData("broadcast", args);
  const [receipt] = await sendAll(signer, [{ label: "broadcast", to, data, value }]);
  if (!receipt) throw new Error("A transaction was sent and gave no receipt.");
  const failed = receipt.logs.flatMap((log) => {
    const event = log.address === to ? abi.broadcaster.parseLog(log) : null;
    if (event?.name !== "BroadcastFailed") return [];
    const { selector, reason } = event.args as unknown as { selector: bigint; reason: string };
    const chain = satellites.find((satellite) => satellite.selector === selector)?.name ?? "";
    return [{ chain, reason }];
  });
  return { receipt, messages: messagesIn(receipt), failed };
}
