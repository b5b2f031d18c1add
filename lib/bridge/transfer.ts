import type { Signer, TransactionReceipt } from "ethers";
import { z } from "zod";
import { sendAll } from "ccip-localnet";
import { messagesIn, readOne, released, toRouterMessage } from "ccip-localnet/protocol";
import type { Message } from "ccip-localnet/protocol";

import { RebaseToken__factory } from "../../typechain-types";
import type { MeshChain } from "../core/mesh/mesh";

/** A transfer of tokens between two chains of a mesh; the fee is paid in native. */
export interface Transfer {
  readonly source: MeshChain;
  readonly destination: MeshChain;
  readonly receiver: string;
  /** Token units (wei) of the source chain. */
  readonly amount: bigint;
}

export interface SentTransfer {
  readonly message: Message;
  /** Receipt of `ccipSend`. */
  readonly receipt: TransactionReceipt;
}

const router = released("router").interface;

/** Reads the router's quote for a transfer, in wei of native. */
export function quoteTransfer({ source, destination, ...transfer }: Transfer): Promise<bigint> {
  return readOne(
    source.provider,
    { address: source.ccip.router, interface: router },
    "getFee",
    [destination.selector, messageOf(source, transfer)],
    z.bigint(),
  );
}

/**
 * Approves exactly the amount and sends it with exactly the quoted fee: the router keeps any excess native value.
 */
export async function sendTransfer(transfer: Transfer, signer: Signer): Promise<SentTransfer> {
  const { source, destination, amount } = transfer;
  const token = RebaseToken__factory.createInterface();
  const approve = {
    label: `approve ${amount} for the router of ${source.name}`,
    to: source.contracts.token,
    data: token.encodeFunctionData("approve", [source.ccip.router, amount]),
  };
  const send = {
    label: `send ${amount} from ${source.name} to ${destination.name}`,
    to: source.ccip.router,
    value: await quoteTransfer(transfer),
    data: router.encodeFunctionData("ccipSend", [
      destination.selector,
      messageOf(source, transfer),
    ]),
  };
  const [, receipt] = await sendAll(signer, [approve, send]);
  const message = receipt && messagesIn(receipt)[0];
  if (!message) throw new Error(`${source.name}: ccipSend was mined without a CCIPMessageSent.`);
  return { message, receipt };
}

/**
 * Returns the message for CCIP's router.
 * @param feeToken address of the fee token; native unless given.
 */
export function messageOf(
  { contracts }: Pick<MeshChain, "contracts">,
  { receiver, amount }: Pick<Transfer, "receiver" | "amount">,
  feeToken?: string,
): Record<string, unknown> {
  return toRouterMessage({
    receiver,
    tokens: [{ token: contracts.token, amount }],
    ...(feeToken !== undefined && { feeToken }),
  });
}
