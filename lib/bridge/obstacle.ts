import type { ErrorCode } from "../core/errors";

/** An obstacle that prevents a transfer from being sent or from arriving. */
export interface Obstacle {
  /** Short, stable code for programs. */
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
  /** The cause and its values. */
  readonly what: string;
  readonly recovery: string;
}

/** Error codes of the obstacles that have a code of their own. */
const ERROR_CODES: Partial<Record<Obstacle["code"], ErrorCode>> = {
  amount: "INVALID_AMOUNT",
  closed: "LANE_CLOSED",
  funds: "NOT_ENOUGH_FUNDS",
  paused: "TOKEN_PAUSED",
  receiver: "INVALID_ADDRESS",
};

/** Returns the error code of a blocked transfer: that of its first obstacle. */
export function obstacleCode([first]: readonly Obstacle[]): ErrorCode {
  return (first && ERROR_CODES[first.code]) ?? "LANE_BLOCKED";
}
