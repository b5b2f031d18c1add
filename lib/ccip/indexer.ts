import type { Verification, VerificationSource } from "ccip-localnet/protocol";

import { innermostReason, shortened } from "../core/endpoint/errors";
import { OperatorError } from "../core/errors";
import { ResultsUnavailableError, parseResults } from "./results";

/** Chainlink's indexers of verifier results: of mainnets, and of testnets. */
export const CHAINLINK_INDEXERS: readonly string[] = [
  "https://indexer-1.ccip.chain.link",
  "https://indexer-2.ccip.chain.link",
  "https://indexer-1.testnet.ccip.chain.link",
  "https://indexer-2.testnet.ccip.chain.link",
];

/** Reads verifier results from an indexer of CCIP 2.0. */
export class IndexerResults implements VerificationSource {
  readonly place: string;

  /** @param url base of the indexer, without `/v1/verifierresults`. */
  constructor(
    url: string,
    private readonly timeoutMs = 10_000,
  ) {
    this.place = url.replace(/\/+$/, "");
  }

  /** @throws ResultsUnavailableError when it does not answer in time, or with something else. */
  async verificationsOf(messageId: string): Promise<readonly Verification[]> {
    const signal = AbortSignal.timeout(this.timeoutMs);
    const url = `${this.place}/v1/verifierresults/${messageId}`;
    let status: number;
    let text: string;
    try {
      const response = await fetch(url, { signal, headers: { accept: "application/json" } });
      status = response.status;
      text = await response.text();
    } catch (error) {
      const late = `no answer within ${this.timeoutMs / 1000} s`;
      const reason = signal.aborted ? late : innermostReason(error);
      throw new ResultsUnavailableError(reason, { cause: error });
    }
    // An indexer has no record of a message before the first verifier has answered.
    if (status === 404) return [];
    if (status !== 200) {
      throw new ResultsUnavailableError(`HTTP ${status}${text ? ` (${shortened(text)})` : ""}`);
    }
    let document: unknown;
    try {
      document = JSON.parse(text);
    } catch (error) {
      throw new ResultsUnavailableError(`no JSON (${shortened(text)})`, { cause: error });
    }
    return parseResults(document, messageId);
  }
}

/** Reads a list of indexers, separated by commas; throws naming what is not an http url. */
export function parseIndexers(text: string): string[] {
  const urls = text.split(",").map((url) => url.trim());
  const invalid = urls.find((url) => url && !(/^https?:\/\//.test(url) && URL.canParse(url)));
  if (invalid === undefined) return urls.filter(Boolean);
  const message = `"${invalid}" in CCIP_INDEXER_URL is not an http url.`;
  throw new OperatorError("INVALID_ENVIRONMENT", message);
}
