import { concat, dataLength, keccak256, toBeHex } from "ethers";
import type { SigningKey, Signature } from "ethers";

/** The order of secp256k1: the other form of a signature has s and v mirrored at it. */
const CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** `bytes4(keccak256("CommitteeVerifier 2.0.0"))`: the version by which a resolver finds the verifier. */
export const COMMITTEE_VERSION_TAG = "0x49ff34ed";

/** The answers of verifiers that `OffRamp.execute` of CCIP 2.0 takes, one for each. */
export interface Verification {
  /** A verifier of the destination as the OffRamp knows it: its resolver. */
  readonly verifier: string;
  readonly results: string;
}

/** Finds what verifiers have answered, wherever it is published. */
export interface VerificationSource {
  /** Name of the source for error messages: a url, a file. */
  readonly place?: string;
  /** The answers there are for a message; none while no verifier has answered. */
  verificationsOf(messageId: string): Promise<readonly Verification[]>;
}

/** A signing key and the address that a committee verifier knows it by. */
export interface CommitteeSigner {
  readonly address: string;
  readonly signingKey: SigningKey;
}

/** The DON of a CCIP instance, as its OffRamp is configured. */
export interface DonMembers {
  /** Signing keys of the nodes; the OffRamp knows them by their addresses. */
  readonly signers: readonly CommitteeSigner[];
  /** The one account that sends the DON's transactions. */
  readonly transmitter: string;
  /** Number of nodes that may be faulty; F + 1 of them sign a commit report. */
  readonly faulty: number;
}

/** The signers of messages of CCIP 2.0, as committee verifiers are configured. */
export interface Committee {
  readonly signers: readonly CommitteeSigner[];
  /** Number of signatures that a message needs. */
  readonly threshold: number;
}

/** Returns the hash that the members of a committee sign: the version tag separates verifiers. */
export function committeeDigest(messageId: string, versionTag = COMMITTEE_VERSION_TAG): string {
  return keccak256(concat([versionTag, messageId]));
}

/** A committee's answer, as its verifier contract reads it: tag, length, signatures by ascending signer. */
export function committeeResults(
  messageId: string,
  signers: readonly CommitteeSigner[],
  versionTag = COMMITTEE_VERSION_TAG,
): string {
  const digest = committeeDigest(messageId, versionTag);
  const ascending = [...signers].sort((a, b) => (BigInt(a.address) < BigInt(b.address) ? -1 : 1));
  const signatures = concat(
    ascending.map(({ signingKey }) => withoutParity(signingKey.sign(digest))),
  );
  return concat([versionTag, toBeHex(dataLength(signatures), 2), signatures]);
}

/**
 * A signature in 64 bytes. The verifier recovers with v = 27, so one with v = 28 is put in its other,
 * equally valid form.
 */
export function withoutParity({ r, s, v }: Pick<Signature, "r" | "s" | "v">): string {
  return concat([r, v === 27 ? s : toBeHex(CURVE_ORDER - BigInt(s), 32)]);
}
