import { CodedError } from "../core/errors";

/** Thrown when the key of an account is not available: its owner has to sign elsewhere. */
export class NoKeyError extends CodedError {
  override readonly name = "NoKeyError";
  readonly code = "MISSING_KEY";

  constructor(account: string, chain: string) {
    super(
      `There is no key for ${account} at hand to sign on ${chain}: it has to be signed elsewhere.`,
    );
  }
}
