import { existsSync } from "node:fs";

import { PublishedVerifications } from "ccip-localnet";
import type { Verification } from "ccip-localnet/protocol";

import { ResultsUnavailableError } from "../ccip/results";

import { localnetDirectory } from "./manifest";

/** Reads what the committee of the local network below a directory has published. */
export class LocalResults extends PublishedVerifications {
  constructor(directory: string) {
    super(localnetDirectory(directory));
  }

  /** @throws ResultsUnavailableError when no local network of CCIP 2.0 publishes there: its chains belong to another network. */
  override verificationsOf(messageId: string): Promise<readonly Verification[]> {
    if (existsSync(this.place)) return super.verificationsOf(messageId);
    const reason = "no local network publishes verifier results there";
    return Promise.reject(new ResultsUnavailableError(reason));
  }
}
