import type { Revert } from "ccip-localnet/protocol";

import type { Cause } from "./executionFailures";
import type { MessageFacts } from "./facts";

type Explanation = (facts: MessageFacts, revert: Revert) => Cause;

/** A cause that other results remove. */
function wrong(why: (facts: MessageFacts, revert: Revert) => string): Explanation {
  return (facts, revert) => ({
    why: [why(facts, revert)],
    fixes: [{ note: "execute it with results that are right: --results <file>" }],
  });
}

/** Why results of verifiers are refused at a destination of CCIP 2.0, by the error. */
export const VERIFIER_ERRORS: Readonly<Record<string, Explanation>> = {
  RequiredCCVMissing: wrong(
    (_, { values }) =>
      `There are no results of the verifier ${values.requiredCCV}, which is required.`,
  ),
  OptionalCCVQuorumNotReached: wrong(
    (_, { values }) =>
      `Of the optional verifiers ${values.wanted} have to answer, and ${values.got} have.`,
  ),
  UnauthorizedSigner: wrong(
    ({ destination, source }) =>
      `Signed by somebody whom the committee for ${source} does not have on ${destination}, or signed for something else.`,
  ),
  WrongNumberOfSignatures: wrong(
    ({ destination }) => `They hold fewer signatures than the verifier of ${destination} asks for.`,
  ),
  NonOrderedOrNonUniqueSignatures: wrong(
    () => "Their signatures are not in the order of the signers' addresses, or one is there twice.",
  ),
  InvalidVerifierResults: wrong(() => "They are cut off."),
  InvalidVerifierResultsLength: wrong(() => "They are cut off."),
  InvalidCCVVersion: wrong(() => "They were made for another version of the verifier."),
  InboundImplementationNotFound: wrong(
    ({ destination }, { values }) =>
      `The resolver ${values.ccvAddress} on ${destination} knows no verifier of the version that they begin with.`,
  ),
  SourceNotConfigured: ({ destination, source }) => ({
    why: [`The verifier of ${destination} has no committee for ${source}.`],
    fixes: [{ note: "whoever owns the verifier has to name one; nothing is lost meanwhile" }],
  }),
};

/** Whether an execution failed because of the results that it was given, whatever the message is. */
export function isVerifierError(name: string): boolean {
  return name in VERIFIER_ERRORS;
}
