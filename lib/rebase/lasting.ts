import { decode, innermost } from "../core/revert/revertChain";

/**
 * Errors that stand until somebody has put something right: the same broadcast over the same lane meets
 * them again. Whatever is not named here may be over in a moment.
 */
const LASTING: ReadonlySet<string> = new Set([
  // The lane does not take it.
  "CursedByRMN",
  "MustBeCalledByRouter",
  "UnsupportedDestinationChain",
  "DestinationChainNotEnabled",
  "SenderNotAllowed",
  "MessageGasLimitTooHigh",
  "MessageTooLarge",
  "FeeTokenNotSupported",
  // The satellite does not.
  "AccessControlUnauthorizedAccount",
  "InvalidRouter",
  "UnexpectedSource",
  "InvalidBroadcastLength",
  "UnsupportedBroadcastVersion",
  "InvalidBroadcastPadding",
  "SharesPerTokenOutOfBounds",
  "EffectiveAtOutOfBounds",
]);

/** Whether a refusal is one that no other attempt mends. */
export function isPermanent(revertData: string): boolean {
  return LASTING.has(innermost(decode(revertData)).name);
}
