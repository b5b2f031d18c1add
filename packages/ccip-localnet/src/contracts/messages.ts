import type { Provider, Signer } from "ethers";
import { ZeroAddress } from "ethers";

import { localAccount } from "../accounts";
import { LOCAL_ACCOUNTS } from "../config";
import { messagesIn } from "../protocol/message";
import type { Message } from "../protocol/message";
import { released } from "../protocol/releases";
import { describeRevert, revertDataOf } from "../protocol/revert";
import { toRouterMessage } from "../protocol/routerMessage";
import type { RouterMessage } from "../protocol/routerMessage";
import { sendAll } from "../send";

/** Default gas limit for a receiver. */
const RECEIVER_GAS = 200_000n;

/** The parts of a lane that sending a message needs. */
interface SendingLane {
  readonly source: {
    readonly name: string;
    readonly provider: Provider;
    readonly ccip: { readonly router: string };
  };
  readonly destination: { readonly selector: bigint };
}

/** Reads the router's fee for a message, in the smallest unit of its fee token. */
export async function quoteMessage(lane: SendingLane, message: RouterMessage): Promise<bigint> {
  const { source, destination } = lane;
  const router = released("router").interface;
  const args = [destination.selector, toRouterMessage(withGas(message))];
  const data = router.encodeFunctionData("getFee", args);
  try {
    return BigInt(await source.provider.call({ to: source.ccip.router, data }));
  } catch (error) {
    const reason = describeRevert(revertDataOf(error));
    throw new Error(`The router of ${source.name} quotes no fee for this message: ${reason}`, {
      cause: error,
    });
  }
}

/**
 * Sends a message through a lane's router: quotes the fee, approves tokens and LINK, sends.
 * @param sender the first account of the mnemonic unless named.
 */
export async function sendMessage(
  lane: SendingLane,
  message: RouterMessage,
  sender: Signer = localAccount(LOCAL_ACCOUNTS.deployer, lane.source.provider),
): Promise<Message> {
  const { source, destination } = lane;
  const { tokens = [], feeToken = ZeroAddress } = message;
  const fee = await quoteMessage(lane, message);
  const isNative = feeToken === ZeroAddress;
  const token = released("burnMintToken").interface;
  const spent = isNative ? tokens : [...tokens, { token: feeToken, amount: fee }];
  const amounts = new Map<string, bigint>();
  for (const one of spent) amounts.set(one.token, (amounts.get(one.token) ?? 0n) + one.amount);
  const receipts = await sendAll(sender, [
    ...[...amounts].map(([to, amount]) => ({
      label: "approve",
      to,
      data: token.encodeFunctionData("approve", [source.ccip.router, amount]),
    })),
    {
      label: "ccipSend",
      to: source.ccip.router,
      value: isNative ? fee : 0n,
      data: released("router").interface.encodeFunctionData("ccipSend", [
        destination.selector,
        toRouterMessage(withGas(message)),
      ]),
    },
  ]);
  const [sent] = receipts.flatMap((receipt) => messagesIn(receipt));
  if (!sent) throw new Error(`The router of ${source.name} took the message and emitted none.`);
  return sent;
}

function withGas(message: RouterMessage): RouterMessage {
  const isCall = (message.data ?? "0x") !== "0x" || (message.tokens ?? []).length === 0;
  return { gasLimit: isCall ? RECEIVER_GAS : 0n, ...message };
}
