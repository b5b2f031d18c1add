import { existsSync, mkdirSync, rmSync } from "node:fs";
import path from "node:path";

import { z } from "zod";
import type { Verification, VerificationSource } from "ccip-localnet/protocol";

import { ResultsUnavailableError } from "../ccip/results";
import { writeWhole } from "../cli/files";
import { readJsonFile } from "../cli/jsonFile";

import { localnetDirectory } from "./manifest";

const verificationsSchema = z.array(z.object({ verifier: z.string(), results: z.string() }));

/** What the committee of the local network below a directory has answered: a file for each message. */
export class PublishedVerifications implements VerificationSource {
  /** The folder of the files. */
  readonly place: string;

  constructor(directory: string) {
    this.place = path.join(localnetDirectory(directory), "verifications");
  }

  /** Begins with none, when the network starts. */
  begin(): void {
    this.clear();
    mkdirSync(this.place, { recursive: true });
  }

  /** Puts the answers for a message where other terminals find them. */
  publish(messageId: string, answers: readonly Verification[]): void {
    writeWhole(this.file(messageId), `${JSON.stringify(answers, undefined, 2)}\n`);
  }

  /**
   * Returns the answers for a message.
   * @throws BrokenFileError
   * @throws ResultsUnavailableError when no local network of CCIP 2.0 publishes there: its chains are somebody else's.
   */
  verificationsOf(messageId: string): Promise<readonly Verification[]> {
    return new Promise((resolve) => resolve(this.read(messageId)));
  }

  private read(messageId: string): readonly Verification[] {
    if (!existsSync(this.place)) {
      throw new ResultsUnavailableError("no local network publishes verifier results there");
    }
    const answers = readJsonFile(this.file(messageId), verificationsSchema, {
      what: "list of verifier results",
      remedy: "Remove it, and start the local network anew",
    });
    return answers ?? [];
  }

  /** Forgets everything, as the network does when it ends. */
  clear(): void {
    rmSync(this.place, { recursive: true, force: true });
  }

  private file(messageId: string): string {
    return path.join(this.place, `${messageId}.json`);
  }
}
