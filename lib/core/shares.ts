import { Interface, ZeroAddress, dataSlice, getAddress } from "ethers";

/** The part of a log that is needed to decode it, from any library. */
interface EventLog {
  readonly topics: readonly string[];
  readonly data: string;
}

/** Shares that moved from one account to another; zero stands for minting and burning. */
export interface ShareMovement {
  readonly from: string;
  readonly to: string;
  readonly shares: bigint;
}

const event = new Interface([
  "event TransferShares(address indexed from, address indexed to, uint256 shares)",
]);

/** Topic of the token's `TransferShares`, which it logs whenever shares move. */
export const SHARES_MOVED = event.getEvent("TransferShares")?.topicHash ?? "";

/** Reads a `TransferShares` log; undefined when it is another event's. */
export function movementOf({ topics, data }: EventLog): ShareMovement | undefined {
  const [topic, from, to] = topics;
  if (topic !== SHARES_MOVED || !from || !to) return undefined;
  const account = (word: string) => getAddress(dataSlice(word, 12));
  return { from: account(from), to: account(to), shares: BigInt(data) };
}

/** Returns the shares that a token has by its logs, minted less burned: its `totalShares`, unless logs are missing. */
export function sharesByLogs(logs: readonly EventLog[]): bigint {
  return logs.reduce((sum, log) => {
    const movement = movementOf(log);
    if (!movement) return sum;
    const { from, to, shares } = movement;
    return sum + (from === ZeroAddress ? shares : 0n) - (to === ZeroAddress ? shares : 0n);
  }, 0n);
}
