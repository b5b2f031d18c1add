import { z } from "zod";
import type { Verification, VerificationSource } from "ccip-localnet/protocol";

import { OperatorError } from "../core/errors";
import { ResultsUnavailableError, parseResults } from "./results";
import { readJsonFile } from "../files/json";

/** Verifier results in a file. */
export class ResultsFile implements VerificationSource {
  constructor(readonly place: string) {}

  /** @throws naming the file when it is missing, or holds no results of the message. */
  verificationsOf(messageId: string): Promise<readonly Verification[]> {
    return new Promise((resolve) => resolve(this.read(messageId)));
  }

  private read(messageId: string): Verification[] {
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
      throw new OperatorError("BROKEN_FILE", `${this.place} cannot be used: ${error.message}.`, {
        cause: error,
      });
    }
  }
}
