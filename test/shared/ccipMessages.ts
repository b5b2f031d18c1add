import type { Signer } from "ethers";
import { localAccount, sendAll } from "ccip-localnet";
import { abiCoder, messagesIn, released, toRouterMessage } from "ccip-localnet/protocol";
import type { CcipChain, Lane, Message, RouterMessage } from "ccip-localnet/protocol";

/** A message with data, paid in native money; its tokens have to be approved. */
export type DataMessage = Pick<
  RouterMessage,
  "receiver" | "data" | "gasLimit" | "outOfOrder" | "tokens"
> & {
  /** The fee in wei; the router's quote by default. */
  readonly value?: bigint;
};

/** Gas for a receiver, unless a message names its own. */
const RECEIVER_GAS = 200_000n;

const router = released("router").interface;

/** Reads the router's quote for a message, in wei. */
export async function quote(lane: Lane, message: DataMessage): Promise<bigint> {
  const { source, destination } = lane;
  const data = await source.provider.call({
    to: source.ccip.router,
    data: router.encodeFunctionData("getFee", [destination.selector, encoded(message)]),
  });
  return BigInt(data);
}

/** Sends data messages, for native money, from the first account unless a signer is given. */
export async function sendData(
  lane: Lane,
  messages: readonly DataMessage[],
  sender: Signer = localAccount(0, lane.source.provider),
): Promise<Message[]> {
  const { source, destination } = lane;
  const transactions = await Promise.all(
    messages.map(async (message) => ({
      label: "ccipSend",
      to: source.ccip.router,
      value: message.value ?? (await quote(lane, message)),
      data: router.encodeFunctionData("ccipSend", [destination.selector, encoded(message)]),
      gasLimit: 1_000_000n,
    })),
  );
  const receipts = await sendAll(sender, transactions);
  return receipts.flatMap((receipt) => messagesIn(receipt));
}

/** The data that a released logging receiver has been given, in order. */
export async function receivedBy(chain: CcipChain, receiver: string): Promise<string[]> {
  const logs = await chain.provider.getLogs({ address: receiver, fromBlock: 0 });
  return logs.map(({ data }) => String(abiCoder.decode(["bytes"], data)[0]));
}

function encoded(message: DataMessage): Record<string, unknown> {
  return toRouterMessage({ gasLimit: RECEIVER_GAS, ...message });
}
