import { ZeroAddress, getAddress } from "ethers";
import type { Provider } from "ethers";
import { z } from "zod";
import {
  decodeMessageV1,
  readAll,
  readOne,
  released,
  revertDataOf,
  toRampMessageV1,
} from "ccip-localnet/protocol";
import type { Message20, Verification, VerificationSource } from "ccip-localnet/protocol";

import { ResultsUnavailableError } from "../ccip/results";
import { isSafe } from "../core/finality";
import { isContractError, tryCall, unlessReverted } from "../core/revert/contractError";
import type { PinnedChain } from "../rpc/pinned";

/** A verifier that a message requires or may use at its destination, and its result. */
export interface VerifierFacts {
  /** The address that the OffRamp uses for it: its resolver. */
  readonly verifier: string;
  /**
   * `answered` when its results are accepted on chain, `refused` when they are rejected, `missing` when there are
   * none; `unknown` when they could not be looked up.
   */
  readonly answer: "answered" | "refused" | "missing" | "unknown";
  /** Revert data of the rejected results. */
  readonly refusal?: string;
  /** Set when the address is not a resolver: the OffRamp cannot execute any message that requires it. */
  readonly isUnusable?: true;
  /** The committee's threshold and its number of members; undefined if it is not a committee. */
  readonly signatures?: { readonly threshold: number; readonly members: number };
}

/** The verification of a message of CCIP 2.0. */
export interface VerificationFacts {
  /** Verifiers that must all have answered. */
  readonly required: readonly VerifierFacts[];
  /** Verifiers of which any `threshold` must have answered too. */
  readonly optional: { readonly threshold: number; readonly verifiers: readonly VerifierFacts[] };
  /** Revert data of the OffRamp's own query for the required verifiers: it would execute nothing. */
  readonly refusal?: string;
  /** The source of published results, and the reason why it could not be read. */
  readonly asked?: string;
  readonly unavailable?: string;
  /** Results that are accepted on chain, one per verifier; whether they are sufficient to execute the message. */
  readonly results: readonly Verification[];
  readonly isVerified: boolean;
  /** True if the source has reached the finality that the message requests; undefined on local chains. */
  readonly isFinal?: boolean | undefined;
}

const required = z.object({
  requiredCCVs: z.array(z.string()),
  optionalCCVs: z.array(z.string()),
  threshold: z.bigint(),
});
const implementations = z.array(z.object({ version: z.string(), verifier: z.string() }));
const committee = z.object({ signers: z.array(z.string()), threshold: z.bigint() });

/**
 * Reads the verifiers that a message requires, and their results.
 * @param given results from earlier executions, in addition to the published ones.
 */
export async function readVerification(
  message: Message20,
  pinnedBlock: PinnedChain,
  published?: VerificationSource,
  given: readonly Verification[] = [],
): Promise<VerificationFacts> {
  const offRamp = { address: message.offRamp, interface: released("offRamp", "2.0").interface };
  const [needed, looked] = await Promise.all([
    readAll(pinnedBlock, offRamp, "getCCVsForMessage", [message.encoded], required).catch(
      (error: unknown) => {
        if (isContractError(error)) return revertDataOf(error);
        throw error;
      },
    ),
    published?.verificationsOf(message.messageId).catch((error: unknown) => {
      if (error instanceof ResultsUnavailableError) return error.message;
      throw error;
    }),
  ]);
  const isUnavailable = typeof looked === "string";
  const asked = {
    asked: published?.place,
    unavailable: isUnavailable ? looked : undefined,
  };
  if (typeof needed === "string") {
    return {
      required: [],
      optional: { threshold: 0, verifiers: [] },
      refusal: needed,
      results: [],
      isVerified: false,
      ...asked,
    };
  }
  const results = { given, published: isUnavailable ? undefined : looked };
  const read = (verifiers: readonly string[]) =>
    Promise.all(verifiers.map((one) => readVerifier(message, pinnedBlock, one, results)));
  const [must, may] = await Promise.all([read(needed.requiredCCVs), read(needed.optionalCCVs)]);
  const threshold = Number(needed.threshold);
  const hasAnswered = ({ facts }: (typeof must)[number]) => facts.answer === "answered";
  return {
    required: must.map(({ facts }) => facts),
    optional: { threshold, verifiers: may.map(({ facts }) => facts) },
    results: [...must, ...may].flatMap(({ accepted }) => accepted ?? []),
    isVerified: must.every(hasAnswered) && may.filter(hasAnswered).length >= threshold,
    ...asked,
  };
}

/**
 * Returns whether a source has reached the finality that a message requests; undefined when the node does not report it.
 */
export async function isFinalized(
  { finality, blockNumber }: Pick<Message20, "finality" | "blockNumber">,
  provider: Provider,
): Promise<boolean | undefined> {
  const depth = Number(finality);
  const tag = depth === 0 ? "finalized" : isSafe(finality) ? "safe" : "latest";
  // A chain may not support the tag.
  const block = await provider.getBlock(tag).catch(() => null);
  return block ? block.number >= blockNumber + (tag === "latest" ? depth : 0) : undefined;
}

async function readVerifier(
  message: Message20,
  pinnedBlock: PinnedChain,
  verifier: string,
  results: {
    readonly given: readonly Verification[];
    readonly published: readonly Verification[] | undefined;
  },
): Promise<{ readonly facts: VerifierFacts; readonly accepted?: Verification }> {
  const isMine = (one: Verification) => getAddress(one.verifier) === verifier;
  const published = (results.published ?? []).filter(isMine);
  const signatures = await unlessReverted(
    readSignatures(message, pinnedBlock, verifier),
    undefined,
  );
  let refusal: string | undefined;
  for (const accepted of [...published, ...results.given.filter(isMine)]) {
    const refused = await refusalOf(message, pinnedBlock, accepted);
    if (refused === undefined) {
      return { facts: { verifier, signatures, answer: "answered" }, accepted };
    }
    // Invalid results in an execution prove nothing about the verifier's own results.
    if (published.includes(accepted)) refusal = refused;
  }
  // A resolver has no verifier for a zero tag; any other contract lacks this function.
  const asked = await resolve(pinnedBlock, verifier, "0x00000000");
  const isUnusable = asked.outcome === "refused" || asked.result === "0x" ? true : undefined;
  const missing = results.published ? "missing" : "unknown";
  const answer = refusal === undefined ? missing : "refused";
  return { facts: { verifier, signatures, answer, refusal, isUnusable } };
}

/** Reads the committee's signature threshold for a message. */
async function readSignatures(
  { sourceSelector }: Message20,
  pinnedBlock: PinnedChain,
  address: string,
): Promise<VerifierFacts["signatures"]> {
  const resolver = { address, interface: released("verifierResolver", "2.0").interface };
  const get = "getAllInboundImplementations";
  const newest = (await readOne(pinnedBlock, resolver, get, [], implementations)).at(-1);
  if (!newest) return undefined;
  const { interface: verifier } = released("committeeVerifier", "2.0");
  const { signers, threshold } = await readAll(
    pinnedBlock,
    { address: newest.verifier, interface: verifier },
    "getSignatureConfig",
    [sourceSelector],
    committee,
  );
  return { threshold: Number(threshold), members: signers.length };
}

/** Returns the revert data of the destination's check of results; undefined when it accepts them. */
async function refusalOf(
  { encoded, messageId, offRamp }: Message20,
  pinnedBlock: PinnedChain,
  { verifier, results }: Verification,
): Promise<string | undefined> {
  const resolved = await resolve(pinnedBlock, verifier, results);
  if (resolved.outcome === "refused") return resolved.returnData;
  if (resolved.result === "0x") return "0x";
  const { interface: resolver } = released("verifierResolver", "2.0");
  const [implementation] = z
    .tuple([z.string()])
    .parse(resolver.decodeFunctionResult("getInboundImplementation", resolved.result).toArray());
  if (implementation === ZeroAddress) {
    const { interface: ramp } = released("offRamp", "2.0");
    return ramp.encodeErrorResult("InboundImplementationNotFound", [verifier, results]);
  }
  const args = [toRampMessageV1(decodeMessageV1(encoded)), messageId, results];
  const verified = await tryCall(pinnedBlock, {
    from: offRamp,
    to: implementation,
    data: released("committeeVerifier", "2.0").interface.encodeFunctionData("verifyMessage", args),
    gasLimit: VERIFICATION_GAS,
  });
  return verified.outcome === "refused" ? verified.returnData : undefined;
}

const VERIFICATION_GAS = 5_000_000n;

/** Asks a resolver for the verifier that checks these results. */
function resolve(pinnedBlock: PinnedChain, resolver: string, results: string) {
  const { interface: code } = released("verifierResolver", "2.0");
  const data = code.encodeFunctionData("getInboundImplementation", [results]);
  return tryCall(pinnedBlock, {
    from: ZeroAddress,
    to: resolver,
    data,
    gasLimit: VERIFICATION_GAS,
  });
}
