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
import { isContractError } from "../core/revert/contractError";

import type { PinnedBlock } from "../rpc/pinnedBlock";
import { tryCall } from "./tryCall";

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

/**
 * Reads the verifiers that a message requires, and their results.
 * @param given results from earlier executions, in addition to the published ones.
 */
export async function readVerification(
  message: Message20,
  pinnedBlock: PinnedBlock,
  published?: VerificationSource,
  given: readonly Verification[] = [],
): Promise<VerificationFacts> {
  const offRamp = { address: message.offRamp, interface: released("offRamp", "2.0").interface };
  const [needed, looked] = await Promise.all([
    orRefusal(() =>
      readAll(pinnedBlock, offRamp, "getCCVsForMessage", [message.encoded], required),
    ),
    lookUp(message.messageId, published),
  ]);
  const place = published?.place;
  const asked = {
    ...(place !== undefined && { asked: place }),
    ...(looked.unavailable !== undefined && { unavailable: looked.unavailable }),
  };
  if ("refusal" in needed) {
    return {
      required: [],
      optional: { threshold: 0, verifiers: [] },
      refusal: needed.refusal,
      results: [],
      isVerified: false,
      ...asked,
    };
  }
  const read = (verifiers: readonly string[]) =>
    Promise.all(
      verifiers.map((one) =>
        readVerifier(message, pinnedBlock, one, { given, published: looked.results }),
      ),
    );
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
  try {
    const block = await provider.getBlock(tag);
    if (!block) return undefined;
    return block.number >= blockNumber + (tag === "latest" ? depth : 0);
  } catch {
    // The chain does not support this tag.
    return undefined;
  }
}

async function orRefusal<T extends object>(
  read: () => Promise<T>,
): Promise<T | { readonly refusal: string }> {
  try {
    return await read();
  } catch (error) {
    if (isContractError(error)) return { refusal: revertDataOf(error) };
    throw error;
  }
}

async function lookUp(
  messageId: string,
  published: VerificationSource | undefined,
): Promise<{ readonly results?: readonly Verification[]; readonly unavailable?: string }> {
  if (!published) return {};
  try {
    return { results: await published.verificationsOf(messageId) };
  } catch (error) {
    if (!(error instanceof ResultsUnavailableError)) throw error;
    return { unavailable: error.message };
  }
}

async function readVerifier(
  message: Message20,
  pinnedBlock: PinnedBlock,
  verifier: string,
  results: {
    readonly given: readonly Verification[];
    readonly published: readonly Verification[] | undefined;
  },
): Promise<{ readonly facts: VerifierFacts; readonly accepted?: Verification }> {
  const resolver = { address: verifier, interface: released("verifierResolver", "2.0").interface };
  const isMine = (one: Verification) => getAddress(one.verifier) === verifier;
  const published = (results.published ?? []).filter(isMine);
  const signatures = await readSignatures(message, pinnedBlock, resolver);
  const known = { verifier, ...(signatures && { signatures }) };
  let refusal: string | undefined;
  for (const candidate of [...published, ...results.given.filter(isMine)]) {
    const refused = await refusalOf(message, pinnedBlock, candidate);
    if (refused === undefined) {
      return { facts: { ...known, answer: "answered" }, accepted: candidate };
    }
    // Invalid results in an execution prove nothing about the verifier's own results.
    if (published.includes(candidate)) refusal = refused;
  }
  // A resolver has no verifier for a zero tag; any other contract lacks this function.
  const asked = await tryCall(pinnedBlock, resolving(verifier, "0x00000000"));
  const isUnusable = asked.outcome === "refused" || asked.result === "0x";
  const missing = results.published ? "missing" : "unknown";
  return {
    facts: {
      ...known,
      answer: refusal === undefined ? missing : "refused",
      ...(refusal !== undefined && { refusal }),
      ...(isUnusable && { isUnusable }),
    },
  };
}

const implementations = z.array(z.object({ version: z.string(), verifier: z.string() }));
const committee = z.object({ signers: z.array(z.string()), threshold: z.bigint() });

/** Reads the committee's signature threshold for a message; undefined if the verifier is not a committee. */
async function readSignatures(
  { sourceSelector }: Message20,
  pinnedBlock: PinnedBlock,
  resolver: Parameters<typeof readOne>[1],
): Promise<VerifierFacts["signatures"]> {
  try {
    const all = await readOne(
      pinnedBlock,
      resolver,
      "getAllInboundImplementations",
      [],
      implementations,
    );
    const newest = all.at(-1);
    if (!newest) return undefined;
    const { signers, threshold } = await readAll(
      pinnedBlock,
      {
        address: newest.verifier,
        interface: released("committeeVerifier", "2.0").interface,
      },
      "getSignatureConfig",
      [sourceSelector],
      committee,
    );
    return { threshold: Number(threshold), members: signers.length };
  } catch (error) {
    if (isContractError(error)) return undefined;
    throw error;
  }
}

/** Returns the revert data of the destination's check of results; undefined when it accepts them. */
async function refusalOf(
  { encoded, messageId, offRamp }: Message20,
  pinnedBlock: PinnedBlock,
  { verifier, results }: Verification,
): Promise<string | undefined> {
  const resolved = await tryCall(pinnedBlock, resolving(verifier, results));
  if (resolved.outcome === "refused") return resolved.returnData;
  if (resolved.result === "0x") return "0x";
  const { interface: resolver } = released("verifierResolver", "2.0");
  const implementation = z
    .string()
    .parse(resolver.decodeFunctionResult("getInboundImplementation", resolved.result)[0]);
  if (implementation === ZeroAddress) {
    return released("offRamp", "2.0").interface.encodeErrorResult("InboundImplementationNotFound", [
      verifier,
      results,
    ]);
  }
  const verified = await tryCall(pinnedBlock, {
    from: offRamp,
    to: implementation,
    data: released("committeeVerifier", "2.0").interface.encodeFunctionData("verifyMessage", [
      toRampMessageV1(decodeMessageV1(encoded)),
      messageId,
      results,
    ]),
    gasLimit: VERIFICATION_GAS,
  });
  return verified.outcome === "refused" ? verified.returnData : undefined;
}

const VERIFICATION_GAS = 5_000_000n;

function resolving(verifier: string, results: string) {
  return {
    from: ZeroAddress,
    to: verifier,
    data: released("verifierResolver", "2.0").interface.encodeFunctionData(
      "getInboundImplementation",
      [results],
    ),
    gasLimit: VERIFICATION_GAS,
  };
}
