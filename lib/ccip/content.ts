import type { Message } from "ccip-localnet/protocol";

import { decodePoolData } from "./poolData";

/** What a message carries for the token of a mesh. */
export interface Content {
  /** What left the sender, token units (wei) of the source. */
  readonly amount: bigint;
  /** What is to arrive; undefined when the pool data is of no kind that is known here. */
  readonly shares: bigint | undefined;
}

/** What a message carries for the token of these pools; undefined when it carries nothing for it. */
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
