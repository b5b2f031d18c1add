import type { Message } from "ccip-localnet/protocol";

import { decodePoolData } from "./poolData";

/** The amount and shares of a message for the token of a mesh. */
export interface Content {
  /** Burned from the sender, token units (wei) of the source. */
  readonly amount: bigint;
  /** Shares to be minted on arrival; undefined when the pool data cannot be decoded. */
  readonly shares: bigint | undefined;
}

/** Reads the amount and shares that a message carries for these pools; undefined when it carries none. */
export function contentOf({ tokens }: Message, pools: readonly string[]): Content | undefined {
  const ours = tokens.filter(({ sourcePool }) => pools.includes(sourcePool));
  if (ours.length === 0) return undefined;
  const shares = ours.map(({ extraData }) => sharesIn(extraData));
  return {
    amount: ours.reduce((sum, { amount }) => sum + amount, 0n),
    shares: shares.reduce(
      (sum, item) => (sum === undefined || item === undefined ? undefined : sum + item),
      0n,
    ),
  };
}

function sharesIn(poolData: string): bigint | undefined {
  try {
    return decodePoolData(poolData).shares;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
