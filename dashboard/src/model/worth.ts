import { all, lastRead, map, unread } from "core/reading";
import type { Reading } from "core/reading";
import type { TrackedMessage } from "./messages";

/** Shares of an account on a chain, at the block up to which the chain's messages are known. */
export interface CountedAt {
  readonly shares: bigint;
  readonly block: number;
  /** True when the account has as many at the chain's newest block. */
  readonly isNewest: boolean;
}

/**
 * Returns the shares of an account on a chain that may be added to what its messages carry; unread while
 * shares have moved there that the chain's logs do not tell of yet.
 */
export function addable(chain: string, counted: Reading<CountedAt>): Reading<bigint> {
  if (counted.state === "read" && !counted.value.isNewest) return unread(chain);
  return map(counted, ({ shares }) => shares);
}

/**
 * Returns the shares that a message adds to what is counted on chains. It adds what it carries, once it has
 * left its source and as long as it has not arrived; chains are read at blocks of their own, so that it may
 * also be counted at both ends, which takes them off again.
 * @param account whose shares are added up; the message is for it.
 */
export function addedBy(
  { message, shares, state, settledBlock, destination: name }: TrackedMessage,
  account: string,
  source: Reading<CountedAt>,
  destination: Reading<CountedAt>,
): Reading<bigint> {
  // What nobody can decode is known only once it is among the shares of its destination.
  if (shares === undefined)
    return lastRead(state)?.value === "executed" ? map(destination, () => 0n) : unread(name);
  return map(all([state, source, destination]), ([value, here, there]) => {
    const isStillHere = isSame(message.sender, account) && message.blockNumber > here.block;
    const isThere =
      value === "executed" && settledBlock !== undefined && settledBlock <= there.block;
    return shares * (1n - (isStillHere ? 1n : 0n) - (isThere ? 1n : 0n));
  });
}

/** Compares two addresses, however they are spelled. */
export function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
