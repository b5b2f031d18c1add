import { AbiCoder, dataLength } from "ethers";
import type { Message } from "ccip-localnet/protocol";

import { abi } from "../core/abis";
import type { MeshChain } from "../core/mesh/mesh";
import { minedReceipt } from "../rpc/receipts";

/** The data of a message of a wrapped bridge, as contracts/defi/WrappedBridge.sol encodes it. */
export interface WrappedData {
  /** The account that receives the wrapped units. */
  readonly receiver: string;
  /** The account that sent them, for which they are kept when they cannot be delivered. */
  readonly owner: string;
  /** Shares that travel. */
  readonly shares: bigint;
}

/** The effect of a message on a wrapped bridge. */
export interface WrappedArrival {
  readonly outcome: "wrapped" | "plain" | "kept";
  /** The account that received it, or for which it is kept. */
  readonly account: string;
  /** Wrapped units. */
  readonly wrapped: bigint;
  /** Shares that were not wrapped. */
  readonly shares: bigint;
}

/** Decodes the data of a message of a wrapped bridge; undefined when no bridge could have written it. */
export function decodeWrapped({ data }: Pick<Message, "data">): WrappedData | undefined {
  if (dataLength(data) !== 96) return undefined;
  try {
    const decoded = AbiCoder.defaultAbiCoder().decode(["address", "address", "uint256"], data);
    const [receiver, owner, shares] = decoded.toArray() as [string, string, bigint];
    return { receiver, owner, shares };
  } catch {
    return undefined;
  }
}

const OUTCOMES: Readonly<Record<string, WrappedArrival["outcome"]>> = {
  WrappedReceived: "wrapped",
  PlainReceived: "plain",
  ClaimAdded: "kept",
};

/** Reads the effect of a message on a chain's wrapped bridge from the transaction that executed it. */
export async function readWrappedArrival(
  { name, provider, contracts }: Pick<MeshChain, "name" | "provider" | "contracts">,
  messageId: string,
  transactionHash: string,
): Promise<WrappedArrival | undefined> {
  const { logs } = await minedReceipt(name, provider, transactionHash);
  for (const log of logs) {
    const event = log.address === contracts.wrappedBridge ? abi.wrappedBridge.parseLog(log) : null;
    const outcome = event && OUTCOMES[event.name];
    if (!outcome || String(event.args.messageId) !== messageId) continue;
    const { receiver, account, wrapped, shares } = event.args.toObject() as {
      readonly receiver?: string;
      readonly account?: string;
      readonly wrapped?: bigint;
      readonly shares: bigint;
    };
    return { outcome, account: receiver ?? account ?? "", wrapped: wrapped ?? 0n, shares };
  }
  return undefined;
}
