import type { Reason, Reasons } from "./reason";

/** An error of an execution with wrong verifier results: other results make it pass. */
function wrongResults(
  why: NonNullable<Reason["why"]>,
  brief = "it was executed with wrong results of its verifiers: try again with the right ones",
): Reason {
  const fixes = "execute it with the right results: --results <file>";
  return { brief, passes: "by itself", why, fixes };
}

const CUT_OFF = wrongResults(() => "They are cut off.");

/** Errors that verifier results are refused with at a destination of CCIP 2.0. */
export const VERIFIER_REASONS: Reasons = {
  RequiredCCVMissing: wrongResults(
    (_, { requiredCCV }) =>
      `There are no results of the verifier ${requiredCCV}, which is required.`,
    "its verifiers have not all answered: wait for them, then execute it by hand",
  ),
  OptionalCCVQuorumNotReached: wrongResults(
    (_, { wanted, got }) => `Of the optional verifiers ${wanted} have to answer, and ${got} have.`,
    "too few of its verifiers have answered: wait for them, then execute it by hand",
  ),
  UnauthorizedSigner: wrongResults(
    ({ chain, peer }) =>
      `Signed by an account outside of the committee for ${peer} on ${chain}, or for something else.`,
  ),
  WrongNumberOfSignatures: wrongResults(
    ({ chain }) => `They hold fewer signatures than the verifier of ${chain} asks for.`,
  ),
  NonOrderedOrNonUniqueSignatures: wrongResults(
    () => "Their signatures are not in the order of the signers' addresses, or one is repeated.",
  ),
  InvalidVerifierResults: CUT_OFF,
  InvalidVerifierResultsLength: CUT_OFF,
  InvalidCCVVersion: wrongResults(() => "They were made for another version of the verifier."),
  InboundImplementationNotFound: wrongResults(
    ({ chain }, { ccvAddress }) =>
      `The resolver ${ccvAddress} on ${chain} knows no verifier of the version that they begin with.`,
  ),
  SourceNotConfigured: {
    brief: "a verifier has no committee for the source: wait",
    why: ({ chain, peer }) => `The verifier of ${chain} has no committee for ${peer}.`,
    fixes: "the owner of the verifier has to name one; nothing is lost meanwhile",
  },
};

/** Returns whether an execution failed for the verifier results that it was given, whatever the message is. */
export function isVerifierError(name: string): boolean {
  return name in VERIFIER_REASONS;
}
