import { isConverged, laggards } from "../../../lib/mesh/follow";
import type { ChainIndex } from "../../../lib/mesh/follow";
import type { ShareMessage } from "../../../lib/supply/inFlight";
import type { RefusedBroadcast, TrackedMessage } from "./messages";
import { chainLabel, count, duration } from "./words";

/** How a verdict is meant: all is well, wait, act, or not everything could be read. */
export type Tone = "good" | "wait" | "bad" | "unknown";

/** What the mesh is like, in words. */
export interface Verdict {
  readonly tone: Tone;
  readonly headline: string;
  /** A sentence for each chain that differs, and for each that does not answer. */
  readonly details: readonly string[];
}

/** A satellite that has not heard of the home's newest epoch. */
export interface Lag {
  readonly chain: string;
  readonly epochs: bigint;
  /** Seconds since home knew the first epoch that the chain lacks; undefined when that is not known. */
  readonly seconds: number | undefined;
  readonly cause: string;
}

/** What the verdict is made from. */
export interface MeshReading {
  /** Chains that answered, home first if it did. */
  readonly indexes: readonly ChainIndex[];
  readonly home: string;
  /** Names of the chains that do not answer. */
  readonly silent: readonly string[];
  readonly lags: readonly Lag[];
}

/** Says whether every chain tells the same. */
export function meshVerdict({ indexes, home, silent, lags }: MeshReading): Verdict {
  const total = indexes.length + silent.length;
  const silence = silent.map((name) => `${chainLabel(name)} does not answer.`);
  const homeIndex = indexes.find(({ chain }) => chain === home);
  if (!homeIndex) {
    return {
      tone: "unknown",
      headline: `${chainLabel(home)} does not answer: nobody can tell whether the others follow it`,
      details: silence,
    };
  }
  const ordered = [homeIndex, ...indexes.filter((index) => index !== homeIndex)];
  const behind = laggards(ordered);
  if (behind.length > 0) {
    const lines = behind.map(({ chain, epoch }) => {
      const lag = lags.find((item) => item.chain === chain);
      return lagInWords(
        lag ?? { chain, epochs: homeIndex.epoch - epoch, seconds: undefined, cause: "" },
      );
    });
    const [first = ""] = lines;
    return {
      tone: "wait",
      headline:
        lines.length === 1
          ? first
          : `${lines.length} of ${total} chains are behind epoch ${homeIndex.epoch}`,
      details: [
        ...(lines.length === 1 ? [] : lines.map((line) => `${line}.`)),
        "Until it hears of the newest index, a chain shows balances by the last one. No share is touched.",
        ...silence,
      ],
    };
  }
  if (!isConverged(ordered)) {
    const different = ordered.filter((index) => !isConverged([homeIndex, index]));
    return {
      tone: "bad",
      headline: `${different.map(({ chain }) => chainLabel(chain)).join(" and ")} ${different.length === 1 ? "tells" : "tell"} another index than home for epoch ${homeIndex.epoch}`,
      details: [
        "An honest home never sends two: stop bridging and tell the operators.",
        ...silence,
      ],
    };
  }
  if (silent.length > 0) {
    return {
      tone: "unknown",
      headline: `${indexes.length} of ${total} chains tell epoch ${homeIndex.epoch}, ${silent.length === 1 ? "one does" : `${silent.length} do`} not answer`,
      details: silence,
    };
  }
  return {
    tone: "good",
    headline:
      total === 1
        ? `The only chain tells epoch ${homeIndex.epoch}`
        : `All ${total} chains tell epoch ${homeIndex.epoch}`,
    details: [],
  };
}

/** "OP Sepolia is 1 epoch behind: message executing, 3 min". */
export function lagInWords({ chain, epochs, seconds, cause }: Lag): string {
  const parts = [cause, seconds === undefined ? "" : duration(seconds)].filter(
    (part) => part !== "",
  );
  const why = parts.length > 0 ? `: ${parts.join(", ")}` : "";
  return `${chainLabel(chain)} is ${count(epochs, "epoch")} behind${why}`;
}

/**
 * Why a satellite has not heard of an epoch, from the newest broadcast that could have told it, and
 * from those that its lane did not take.
 */
export function lagCause(
  epoch: bigint,
  broadcasts: readonly TrackedMessage[],
  isCursed: boolean,
  refusals: readonly RefusedBroadcast[] = [],
): string {
  const newest = broadcasts.find(
    (message) => message.epoch !== undefined && message.epoch >= epoch,
  );
  if (isCursed)
    return newest
      ? "the lane is cursed, its message waits"
      : "the lane is cursed, no message could leave";
  switch (newest?.state) {
    case undefined:
      return refusals.some((refusal) => refusal.epoch >= epoch)
        ? "the broadcast never left"
        : "not broadcast yet";
    case "sent":
      return "message sent, not committed yet";
    case "committed":
      return "message executing";
    case "failed":
      return `message failed, ${newest?.reason ?? "no reason given"}`;
    case "executed":
      return "message executed without effect";
  }
}

/** Whether every share is accounted for. */
export interface Conservation {
  readonly issuedShares: bigint;
  readonly chains: readonly { readonly chain: string; readonly shares: bigint }[];
  readonly inFlight: readonly ShareMessage[];
  /** Of the messages that say how many they carry. */
  readonly sharesInFlight: bigint;
  /** Messages of the token's pools whose shares nobody can tell. */
  readonly undecodable: readonly ShareMessage[];
  /** issued - on chains - in flight. */
  readonly difference: bigint;
}

/** Whether every share is on a chain or in flight. */
export function isConserved({ difference, undecodable }: Conservation): boolean {
  return difference === 0n && undecodable.length === 0;
}

/** Adds up the shares. */
export function conserve(
  issuedShares: bigint,
  chains: Conservation["chains"],
  inFlight: readonly ShareMessage[],
): Conservation {
  const sharesInFlight = inFlight.reduce((sum, { shares = 0n }) => sum + shares, 0n);
  const onChains = chains.reduce((sum, { shares }) => sum + shares, 0n);
  return {
    issuedShares,
    chains,
    inFlight,
    sharesInFlight,
    undecodable: inFlight.filter(({ shares }) => shares === undefined),
    difference: issuedShares - onChains - sharesInFlight,
  };
}
