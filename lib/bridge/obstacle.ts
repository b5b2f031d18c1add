import type { ErrorCode } from "../core/errors";

/** An obstacle that keeps a transfer from being sent, or from arriving. */
export interface Obstacle {
  /** Short and stable, for machines. */
  readonly code:
    | "amount"
    | "closed"
    | "cursed"
    | "fee"
    | "funds"
    | "limit"
    | "paused"
    | "receiver"
    | "unsynced"
    | "unwired";
  /** The cause, with its values. */
  readonly what: string;
  readonly recovery: string;
}

/** Error codes of obstacles that have one of their own. */
const ERROR_CODES: Partial<Record<Obstacle["code"], ErrorCode>> = {
  amount: "INVALID_AMOUNT",
  closed: "LANE_CLOSED",
  funds: "NOT_ENOUGH_FUNDS",
  paused: "TOKEN_PAUSED",
  receiver: "INVALID_ADDRESS",
};

/** Returns the error code of a transfer that is not sent for its obstacles: that of the first. */
export function obstacleCode([first]: readonly Obstacle[]): ErrorCode {
  return (first && ERROR_CODES[first.code]) ?? "LANE_BLOCKED";
}
