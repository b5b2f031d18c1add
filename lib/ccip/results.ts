import { hexlify, isHexString, keccak256 } from "ethers";
import { z } from "zod";
import { evmAddress } from "ccip-localnet/protocol";
import type { Verification, VerificationSource } from "ccip-localnet/protocol";

import { CodedError } from "../core/errors";

/** Results of verifiers could not be looked up: nothing is known of whether they have answered. */
export class ResultsUnavailableError extends CodedError {
  override readonly name = "ResultsUnavailableError";
  readonly code = "RESULTS_UNAVAILABLE";
}

const hex = z.string().refine((text) => isHexString(text), "hex with 0x is expected");
const address = hex.transform((text, context) => {
  try {
    return evmAddress(text, "verifier");
  } catch (error) {
    context.addIssue(error instanceof Error ? error.message : String(error));
    return z.NEVER;
  }
});

/** The shape in which this project's local network publishes. */
const listSchema = z
  .array(z.object({ verifier: address, results: hex }))
  .transform((verifications) => ({ verifications, messageId: undefined }));

/** The shape in which Chainlink's indexers answer `/v1/verifierresults/<message id>`. */
const indexerSchema = z
  .object({
    results: z.array(
      z.object({
        verifierResult: z.object({
          message_id: hex.optional(),
          verifier_dest_address: address,
          ccv_data: hex,
        }),
      }),
    ),
  })
  .transform(({ results }) => ({
    verifications: results.map(({ verifierResult }) => ({
      verifier: verifierResult.verifier_dest_address,
      results: verifierResult.ccv_data,
    })),
    messageId: results[0]?.verifierResult.message_id,
  }));

/** The shape in which Chainlink's API answers `/v2/messages/<message id>/execution-inputs`. */
const apiSchema = z
  .object({
    encodedMessage: hex.optional(),
    ccvData: z.array(hex).default([]),
    verifierAddresses: z.array(address),
  })
  .refine(({ ccvData, verifierAddresses }) => ccvData.length <= verifierAddresses.length, {
    message: "every entry of ccvData needs its entry of verifierAddresses",
  })
  .transform(({ encodedMessage, ccvData, verifierAddresses }) => ({
    verifications: ccvData.map((results, i) => ({ verifier: verifierAddresses[i] ?? "", results })),
    messageId: encodedMessage && keccak256(encodedMessage),
  }));

/** The shape of `getVerifications` and `getExecutionInput` of ccip-sdk, as ccip-cli prints them. */
const sdkSchema = z
  .object({
    encodedMessage: hex.optional(),
    verifications: z.array(z.object({ destAddress: address, ccvData: hex })),
  })
  .transform(({ encodedMessage, verifications }) => ({
    verifications: verifications.map(({ destAddress, ccvData }) => ({
      verifier: destAddress,
      results: ccvData,
    })),
    messageId: encodedMessage && keccak256(encodedMessage),
  }));

const SHAPES = [listSchema, indexerSchema, apiSchema, sdkSchema] as const;

/** The shape that is documented, for error messages. */
export const RESULTS_SHAPE = '[{"verifier": "0x…", "results": "0x…"}]';

/**
 * Reads results of verifiers in any of the shapes in which they are published.
 * @throws ResultsUnavailableError when it is none of them, or they are of another message.
 */
export function parseResults(document: unknown, messageId: string): Verification[] {
  for (const shape of SHAPES) {
    const { data } = shape.safeParse(document);
    if (!data) continue;
    const { verifications, messageId: named = messageId } = data;
    if (hexlify(named) === hexlify(messageId)) return verifications;
    throw new ResultsUnavailableError(
      `it holds verifier results of message ${named}, and ${messageId} is asked for`,
    );
  }
  throw new ResultsUnavailableError(
    `it is no list of verifier results: ${RESULTS_SHAPE}, or an answer of Chainlink's indexer or API`,
  );
}

/** Verifier results of several sources, asked at the same time. */
export class ResultSources implements VerificationSource {
  constructor(private readonly sources: readonly VerificationSource[]) {}

  get place(): string {
    return this.sources.map(({ place = "somewhere" }) => place).join(", ");
  }

  /**
   * Returns what any of the sources has.
   * @throws ResultsUnavailableError when none has any, and one could not be asked.
   */
  async verificationsOf(messageId: string): Promise<readonly Verification[]> {
    const outcomes = await Promise.allSettled(
      this.sources.map((source) => source.verificationsOf(messageId)),
    );
    const found = outcomes.flatMap((outcome) =>
      outcome.status === "fulfilled" ? outcome.value : [],
    );
    if (found.length > 0) return found;
    const reasons = outcomes.flatMap((outcome, i) => {
      if (outcome.status === "fulfilled") return [];
      const { reason } = outcome as { readonly reason: unknown };
      if (!(reason instanceof ResultsUnavailableError)) throw reason;
      return [`${this.sources[i]?.place}: ${reason.message}`];
    });
    if (reasons.length > 0) throw new ResultsUnavailableError(reasons.join("; "));
    return [];
  }
}
