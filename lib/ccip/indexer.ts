import type { Verification, VerificationSource } from "ccip-localnet/protocol";

import { OperatorError } from "../core/errors";
import { ResultsUnavailableError, parseResults } from "./results";

/** Chainlink's indexers of verifier results: of mainnets, and of testnets. */
export const CHAINLINK_INDEXERS: readonly string[] = [
  "https://indexer-1.ccip.chain.link",
  "https://indexer-2.ccip.chain.link",
  "https://indexer-1.testnet.ccip.chain.link",
  "https://indexer-2.testnet.ccip.chain.link",
];

/** After which an indexer is not waited for any longer, milliseconds. */
const TIMEOUT_MS = 10_000;

/** Asks an indexer of CCIP 2.0 what verifiers have answered. */
export class IndexerResults implements VerificationSource {
  readonly place: string;

  /** @param url base of the indexer, without `/v1/verifierresults`. */
  constructor(
    url: string,
    private readonly timeoutMs: number = TIMEOUT_MS,
  ) {
    this.place = url.replace(/\/+$/, "");
  }

  /** @throws ResultsUnavailableError when it does not answer in time, or with something else. */
  async verificationsOf(messageId: string): Promise<readonly Verification[]> {
    const { status, text } = await this.get(`${this.place}/v1/verifierresults/${messageId}`);
    // An indexer has no record of a message before the first verifier has answered.
    if (status === 404) return [];
    if (status !== 200) {
      throw new ResultsUnavailableError(`HTTP ${status}${text ? ` (${shortened(text)})` : ""}`);
    }
    return parseResults(json(text), messageId);
  }

  private async get(url: string): Promise<{ readonly status: number; readonly text: string }> {
    const signal = AbortSignal.timeout(this.timeoutMs);
    try {
      const response = await fetch(url, { signal, headers: { accept: "application/json" } });
      return { status: response.status, text: await response.text() };
    } catch (error) {
      throw new ResultsUnavailableError(
        signal.aborted ? `no answer within ${this.timeoutMs / 1000} s` : reasonOf(error),
        { cause: error },
      );
    }
  }
}

/**
 * Reads a list of indexers, separated by commas.
 * @throws naming what is not an http url.
 */
export function parseIndexers(text: string): string[] {
  return text
    .split(",")
    .map((url) => url.trim())
    .filter((url) => url !== "")
    .map((url) => {
      if (/^https?:\/\//.test(url) && URL.canParse(url)) return url;
      throw new OperatorError(
        "INVALID_ENVIRONMENT",
        `"${url}" in CCIP_INDEXER_URL is not an http url.`,
      );
    });
}

function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new ResultsUnavailableError(`no JSON (${shortened(text)})`, { cause: error });
  }
}

/** The reason of a fetch that failed, which hides it behind "fetch failed". */
function reasonOf(error: unknown): string {
  const { cause } = error as { readonly cause?: unknown };
  const inner = cause ?? error;
  return inner instanceof Error && inner.message !== "" ? inner.message : String(inner);
}

function shortened(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
