import { mkdirSync, rmSync } from "node:fs";
import path from "node:path";

import { z } from "zod";

import { readState, writeState } from "./files";
import type { Verification, VerificationSource } from "./protocol/verification";

const verificationsSchema = z.array(z.object({ verifier: z.string(), results: z.string() }));

/** The verifier results of a local network's committee: a file for each message of CCIP 2.0. */
export class PublishedVerifications implements VerificationSource {
  /** The folder of the files. */
  readonly place: string;

  /** @param directory where the network keeps its files. */
  constructor(directory: string) {
    this.place = path.join(directory, "verifications");
  }

  /** Deletes the results of an earlier network, when the network starts. */
  begin(): void {
    this.clear();
    mkdirSync(this.place, { recursive: true });
  }

  /** Publishes the results for a message, for other processes to read. */
  publish(messageId: string, answers: readonly Verification[]): void {
    writeState(this.file(messageId), answers);
  }

  /** @throws BrokenStateFileError */
  verificationsOf(messageId: string): Promise<readonly Verification[]> {
    const what = "list of verifier results; remove it and start the local network anew";
    return new Promise((resolve) => {
      resolve(readState(this.file(messageId), verificationsSchema, what) ?? []);
    });
  }

  /** Deletes all results, when the network ends. */
  clear(): void {
    rmSync(this.place, { recursive: true, force: true });
  }

  private file(messageId: string): string {
    return path.join(this.place, `${messageId}.json`);
  }
}
