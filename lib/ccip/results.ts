import { hexlify, isHexString, keccak256 } from "ethers";
import { z } from "zod";
import { evmAddress } from "ccip-localnet/protocol";
import type { Verification, VerificationSource } from "ccip-localnet/protocol";

import { CodedError, OperatorError } from "../core/errors";
import { readJsonFile } from "../files/json";

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
    context.addIssue(String(error));
    return z.NEVER;
  }
});

/** The formats in which verifier results are published. */
const publishedSchema = z.union([
  // This project's local network.
  z
    .array(z.object({ verifier: address, results: hex }))
    .transform((verifications) => ({ verifications, messageId: undefined })),
  // Chainlink's indexers, `/v1/verifierresults/<message id>`.
  z
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
    })),
  // Chainlink's API, `/v2/messages/<message id>/execution-inputs`.
  z
    .object({
      encodedMessage: hex.optional(),
      ccvData: z.array(hex).default([]),
      verifierAddresses: z.array(address),
    })
    .refine(({ ccvData, verifierAddresses }) => ccvData.length <= verifierAddresses.length)
    .transform(({ encodedMessage, ccvData, verifierAddresses }) => ({
      verifications: ccvData.map((results, i) => ({
        verifier: verifierAddresses[i] ?? "",
        results,
      })),
      messageId: encodedMessage && keccak256(encodedMessage),
    })),
  // `getVerifications` and `getExecutionInput` of ccip-sdk, as ccip-cli prints them.
  z
    .object({
      encodedMessage: hex.optional(),
      verifications: z.array(
        z
          .object({ destAddress: address, ccvData: hex })
          .transform(({ destAddress, ccvData }) => ({ verifier: destAddress, results: ccvData })),
      ),
    })
    .transform(({ encodedMessage, verifications }) => ({
      verifications,
      messageId: encodedMessage && keccak256(encodedMessage),
    })),
]);

/** Reads verifier results in any published format; throws a ResultsUnavailableError for others, or another message's. */
export function parseResults(document: unknown, messageId: string): Verification[] {
  const { data } = publishedSchema.safeParse(document);
  if (!data) {
    throw new ResultsUnavailableError(
      'it is not a list of verifier results: [{"verifier": "0x…", "results": "0x…"}], or an answer of Chainlink\'s indexer or API',
    );
  }
  const { verifications, messageId: named = messageId } = data;
  if (hexlify(named) === hexlify(messageId)) return verifications;
  throw new ResultsUnavailableError(
    `it holds verifier results of message ${named}, and ${messageId} is asked for`,
  );
}

/** Verifier results in a file. */
export class ResultsFile implements VerificationSource {
  constructor(readonly place: string) {}

  /** @throws OperatorError naming the file when it is missing, or holds no results of the message. */
  verificationsOf(messageId: string): Promise<readonly Verification[]> {
    return Promise.resolve().then(() => {
      const document = readJsonFile(this.place, z.unknown(), {
        what: "file of verifier results",
        recovery: "Name another one with --results",
      });
      if (document === undefined) {
        throw new OperatorError(
          "FILE_MISSING",
          `There is no file ${this.place}: --results names a file of verifier results.`,
        );
      }
      try {
        return parseResults(document, messageId);
      } catch (error) {
        if (!(error instanceof ResultsUnavailableError)) throw error;
        const message = `${this.place} cannot be used: ${error.message}.`;
        throw new OperatorError("BROKEN_FILE", message, { cause: error });
      }
    });
  }
}

/** Verifier results of several sources, asked at the same time. */
export class ResultSources implements VerificationSource {
  constructor(private readonly sources: readonly VerificationSource[]) {}

  get place(): string {
    return this.sources.map(({ place = "somewhere" }) => place).join(", ");
  }

  /** Returns what any of the sources has; throws a ResultsUnavailableError if none has any and one did not answer. */
  async verificationsOf(messageId: string): Promise<readonly Verification[]> {
    const found: Verification[] = [];
    const failures: string[] = [];
    await Promise.all(
      this.sources.map(async (source) => {
        try {
          found.push(...(await source.verificationsOf(messageId)));
        } catch (error) {
          if (!(error instanceof ResultsUnavailableError)) throw error;
          failures.push(`${source.place}: ${error.message}`);
        }
      }),
    );
    if (found.length > 0 || failures.length === 0) return found;
    throw new ResultsUnavailableError(failures.join("; "));
  }
}
