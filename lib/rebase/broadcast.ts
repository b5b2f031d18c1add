import { ZeroAddress } from "ethers";
import type { Signer, TransactionReceipt } from "ethers";
import { sendAll } from "ccip-localnet";
import { messagesIn } from "ccip-localnet/protocol";
import type { Message } from "ccip-localnet/protocol";

import { RebaseBroadcaster__factory } from "../../typechain-types";
import { withFeeMargin } from "../core/feeMargin";
import { contractAt } from "../core/abis";
import type { HomeChain, SatelliteChain } from "../core/mesh/mesh";

export interface BroadcastResult {
  readonly receipt: TransactionReceipt;
  /** One for each lane that accepted it. */
  readonly messages: readonly Message[];
  /** The lanes that failed, with their revert reasons. */
  readonly failed: readonly { readonly chain: string; readonly reason: string }[];
}

const broadcaster = RebaseBroadcaster__factory.createInterface();

/** Sends the home's index state to satellites; the signer pays in native, at most the quote plus a margin. */
export async function broadcast(
  home: HomeChain,
  satellites: readonly SatelliteChain[],
  signer: Signer,
): Promise<BroadcastResult> {
  const to = home.contracts.broadcaster;
  const selectors = satellites.map(({ selector }) => selector);
  const { total } = await contractAt.broadcaster(to, home.provider).quote(selectors, ZeroAddress);
  const maxFee = withFeeMargin(total);
  const [receipt] = await sendAll(signer, [
    {
      label: `broadcast to ${satellites.map(({ name }) => name).join(", ")}`,
      to,
      data: broadcaster.encodeFunctionData("broadcast", [selectors, ZeroAddress, maxFee]),
      value: maxFee,
    },
  ]);
  if (!receipt) throw new Error("A transaction was sent and gave no receipt.");
  const names = new Map(satellites.map(({ selector, name }) => [selector, name]));
  const failed = receipt.logs.flatMap((log) => {
    const event = log.address === to ? broadcaster.parseLog(log) : null;
    if (event?.name !== "BroadcastFailed") return [];
    const { selector, reason } = event.args as unknown as { selector: bigint; reason: string };
    return [{ chain: names.get(selector) ?? selector.toString(), reason }];
  });
  return { receipt, messages: messagesIn(receipt), failed };
}
