import { EndpointError, meaningOf } from "./endpoint/errors";
import type { Meaning } from "./endpoint/errors";

/** Stable error codes and their meanings. */
export const ERROR_CODES = {
  ALREADY_EXECUTED: "The message has arrived: nothing is left to do.",
  BROKEN_FILE: "A file is there and cannot be read as what it should be.",
  CCIP_LANE_MISSING: "CCIP has no lane, or is replacing the ramps of one.",
  CONFIRMATION_REFUSED: "The question before sending was answered with no, or nobody could answer.",
  CONTRACT_UNKNOWN: "A contract is missing at its address, or is of an unknown type.",
  ENDPOINT_INCOMPLETE: "An RPC endpoint lags, or leaves out logs, blocks or state that are needed.",
  ENDPOINT_REFUSED: "An RPC endpoint refused a request.",
  ENDPOINT_UNAVAILABLE: "An RPC endpoint does not answer, or not in time.",
  EXECUTION_REFUSED: "A message cannot be executed by hand now; nothing was sent.",
  FEE_CHANGED: "CCIP names no fee any more, or a much higher one; no tokens were sent.",
  FILE_MISSING: "A file that was named, or has to be there, is not.",
  GAS_PRICE_TOO_HIGH: "Gas costs more than the mesh file allows; nothing was sent.",
  INVALID_ADDRESS: "A text is not an address.",
  INVALID_AMOUNT: "A text is not an amount, percentage or number, or is out of bounds.",
  INVALID_DURATION: "A text is not a span of time.",
  INVALID_ENVIRONMENT: "A variable of the environment has an unusable value.",
  INVALID_MESH_FILE: "A mesh file has mistakes.",
  INVALID_OPTION: "Options of the command are missing, unusable, or contradict each other.",
  ISSUANCE_LIMIT: "More tokens than the remaining shares make.",
  LANE_BLOCKED: "Something keeps a transfer from being sent, or from arriving; nothing was sent.",
  LANE_CLOSED: "A lane is closed, by the mesh file or on the chains; nothing was sent.",
  MISSING_KEY: "No available key signs for an account that has to sign.",
  MISSING_ROLE: "An account lacks the role, or another permission, for what it should do.",
  MISSING_RPC_URL: "No RPC url is set for a chain.",
  MISSING_SETTING: "A setting of the mesh file or the environment is missing.",
  NETWORK_NOT_RUNNING: "The local network does not run, or lacks a chain.",
  NONCE_CONFLICT: "Another transaction of the account took the nonce; this one was not sent.",
  NOT_COMPILED: "A contract is not compiled, or was compiled differently.",
  NOT_DEPLOYED: "A contract has no record of a deployment.",
  NOT_ENOUGH_FUNDS: "An account has too little native money or LINK.",
  NOT_FOUND: "A message or transaction is on no chain that answers.",
  NOT_SENT: "A transaction was not sent, because one before it of the same account could not be.",
  NOT_VERIFIED: "The verifiers of a message have not answered; nothing was sent.",
  OUTCOME_UNKNOWN: "A transaction may have been accepted, or not: look before you send again.",
  OUTPUT_LOST: "stdout could not be written.",
  PROPOSAL_REFUSED: "A proposal is not in a state in which this can be done; nothing was sent.",
  REBASE_REFUSED:
    "The controller would refuse the rebase, or its epoch exists already; nothing was sent.",
  REHEARSAL_UNAVAILABLE: "A chain cannot be forked, so that nothing can be rehearsed on it.",
  RESULTS_UNAVAILABLE: "Verifier results could not be looked up.",
  SAME_CHAIN: "A lane ends where it begins.",
  SAME_TRANSFER: "The same transfer was sent before; nothing was sent.",
  SEVERAL_ERRORS: "Several errors at once: each is listed with its own code.",
  STALE_PLAN: "A plan file does not fit the state of the chains any more.",
  STEPS_FAILED: "Steps of a plan failed; the others were done.",
  TOKEN_PAUSED: "The token is paused where something was to happen; nothing was sent.",
  TOKEN_UNSYNCED: "A satellite has no index yet; nothing was sent.",
  TRANSACTION_REJECTED: "A node refused a transaction.",
  TRANSACTION_REVERTED: "A transaction would revert, or did.",
  TRANSACTION_TIMEOUT: "A transaction was sent and not mined in time; it still may be.",
  UNEXPECTED: "Any other error.",
  UNKNOWN_CHAIN: "A network name is not in the mesh.",
  UNKNOWN_MESH: "There is no mesh of that name.",
  UPGRADE_REFUSED: "An upgrade would break the token; nothing was proposed.",
  WRONG_CHAIN: "An RPC endpoint answers for another chain.",
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** An error whose message states what happened, the value and the remedy, with a stable code. */
export abstract class CodedError extends Error {
  abstract readonly code: ErrorCode;
}

/** A coded error without further fields. */
export class OperatorError extends CodedError {
  override readonly name: string = "OperatorError";

  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Error codes by the meaning of an endpoint's error; the others are ENDPOINT_REFUSED. */
const CODES_BY_MEANING: Partial<Record<Meaning, ErrorCode>> = {
  insufficientFunds: "NOT_ENOUGH_FUNDS",
  nonceTooLow: "NONCE_CONFLICT",
  reverted: "TRANSACTION_REVERTED",
  lagging: "ENDPOINT_INCOMPLETE",
  throttled: "ENDPOINT_UNAVAILABLE",
  tooSlow: "ENDPOINT_UNAVAILABLE",
  brokenAnswer: "ENDPOINT_UNAVAILABLE",
  noAnswer: "ENDPOINT_UNAVAILABLE",
};

/** Returns the code of any error. */
export function errorCodeOf(error: unknown): ErrorCode {
  if (error instanceof CodedError) return error.code;
  if (error instanceof AggregateError) {
    const codes = new Set(error.errors.map(errorCodeOf));
    const [code] = codes;
    return codes.size === 1 && code !== undefined ? code : "SEVERAL_ERRORS";
  }
  const code = CODES_BY_MEANING[meaningOf(error)];
  return code ?? (error instanceof EndpointError ? "ENDPOINT_REFUSED" : "UNEXPECTED");
}
