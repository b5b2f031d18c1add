import { all, lastRead, map, unread } from "./reading";
import type { Reading } from "./reading";
import type { TrackedMessage } from "./messages";

/** Shares of an account on a chain, at the block up to which the chain's messages are known. */
export interface CountedAt {
  readonly shares: bigint;
  readonly block: number;
  /** Its shares at the chain's newest block. */
  readonly newestShares: bigint;
}

/**
 * Returns the shares of an account on a chain to which the shares in flight may be added; unread while shares have
 * moved there that the chain's logs do not show yet.
 */
export function addable(chain: string, counted: Reading<CountedAt>): Reading<bigint> {
  const isMissing = ({ shares, newestShares }: CountedAt) => shares !== newestShares;
  if (counted.state === "read" && isMissing(counted.value)) return unread(chain);
  return map(counted, ({ shares }) => shares);
}

/**
 * Returns the shares that a message adds to those on chains: the ones that it carries, from when it has left its
 * source until it has arrived. Chains are read at different blocks, so it may also be counted at both ends, which
 * subtracts them again.
 * @param account receiver of the message, whose shares are added up.
 */
export function addedBy(
  { message, shares, state, settledBlock, destination: name }: TrackedMessage,
  account: string,
  source: Reading<CountedAt>,
  destination: Reading<CountedAt>,
): Reading<bigint> {
  // Shares that cannot be decoded are known only once they are included at the destination.
  if (shares === undefined)
    return lastRead(state)?.value === "executed" ? map(destination, () => 0n) : unread(name);
  return map(all([state, source, destination]), ([value, here, there]) => {
    const isStillHere = isSame(message.sender, account) && message.blockNumber > here.block;
    const isThere =
      value === "executed" && settledBlock !== undefined && settledBlock <= there.block;
    return shares * (1n - (isStillHere ? 1n : 0n) - (isThere ? 1n : 0n));
  });
}

/** Compares two addresses, ignoring case. */
export function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
