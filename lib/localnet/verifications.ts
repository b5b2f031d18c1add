import { rmSync } from "node:fs";
import path from "node:path";

import { z } from "zod";
import type { Verification, VerificationSource } from "ccip-localnet/protocol";

import { writeWhole } from "../cli/files";
import { readJsonFile } from "../cli/jsonFile";

import { localnetDirectory } from "./manifest";

const verificationsSchema = z.array(z.object({ verifier: z.string(), results: z.string() }));

/** What the committee of the local network below a directory has answered: a file for each message. */
export class PublishedVerifications implements VerificationSource {
  private readonly folder: string;

  constructor(directory: string) {
    this.folder = path.join(localnetDirectory(directory), "verifications");
  }

  /** Puts the answers for a message where other terminals find them. */
  publish(messageId: string, answers: readonly Verification[]): void {
    writeWhole(this.file(messageId), `${JSON.stringify(answers, undefined, 2)}\n`);
  }

  /** @throws BrokenFileError */
  verificationsOf(messageId: string): Promise<readonly Verification[]> {
    const answers = readJsonFile(this.file(messageId), verificationsSchema, {
      what: "list of verifier results",
      remedy: "Remove it, and start the local network anew",
    });
    return Promise.resolve(answers ?? []);
  }

  /** Forgets everything, as the network does when it begins and when it ends. */
  clear(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private file(messageId: string): string {
    return path.join(this.folder, `${messageId}.json`);
  }
}
