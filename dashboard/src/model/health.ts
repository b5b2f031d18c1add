import type { CcipVersion } from "ccip-localnet/protocol";

import { knownOf, match } from "./reading";
import type { Gathered, Reading } from "./reading";
import { isConverged, staleSatellites } from "core/syncStatus";
import type { ChainIndex } from "core/syncStatus";
import type { Finding } from "./heldBack";
import type { ShareMessage } from "./inFlight";
import type { MessageState, RefusedBroadcast, TrackedMessage } from "./messages";
import { chainLabel, count, duration, pinnedBlock, joinNames, unknownUntil } from "./words";

/** Meaning of a state: everything is fine, wait, act, or not everything could be read. */
export type Tone = "good" | "wait" | "bad" | "unknown";

/** State of the mesh, as text. */
export interface MeshHealth {
  readonly tone: Tone;
  readonly headline: string;
  /** A sentence for each chain that differs, and for each that was not read. */
  readonly details: readonly string[];
}

/** A stale satellite: one that does not have the home's newest epoch. */
export interface Lag {
  readonly chain: string;
  readonly epochs: bigint;
  /** Seconds since home had the first epoch that the chain lacks; undefined when unknown. */
  readonly seconds: number | undefined;
  readonly cause: string;
}

/** Index state of a chain of the mesh. */
export interface IndexReading {
  readonly chain: string;
  readonly index: Reading<ChainIndex>;
}

const WEIGHTS: readonly Tone[] = ["good", "unknown", "wait", "bad"];

/**
 * Returns whether every chain is at the same epoch with the same index, and what else there is to say of satellites:
 * a finding that weighs more is the headline.
 * @param lags reasons why satellites are stale, where known.
 */
export function meshHealth(
  chains: readonly IndexReading[],
  home: string,
  lags: readonly Lag[],
  findings: readonly Finding[] = [],
): MeshHealth {
  const agreement = indexAgreement(chains, home, lags);
  const weight = (tone: Tone) => WEIGHTS.indexOf(tone);
  const [first, ...others] = [...findings].sort((a, b) => weight(b.tone) - weight(a.tone));
  if (!first) return agreement;
  const details = findings.map(({ detail }) => detail);
  if (weight(first.tone) <= weight(agreement.tone))
    return { ...agreement, details: [...details, ...agreement.details] };
  const equal = others.filter(({ tone }) => tone === first.tone).length;
  return {
    tone: first.tone,
    headline: equal === 0 ? first.headline : `${first.headline}, and ${equal} more`,
    details: [...details, `${agreement.headline}.`, ...agreement.details],
  };
}

/**
 * Compares the chains by epoch and index. A chain that was not read in the newest attempt proves nothing: it is
 * listed, and the mesh is good only without any.
 */
function indexAgreement(
  chains: readonly IndexReading[],
  home: string,
  lags: readonly Lag[],
): MeshHealth {
  const total = chains.length;
  const unsure = chains.flatMap(({ chain, index }) => {
    const words = unreadText(chain, index);
    return words === undefined ? [] : [words];
  });
  const indexes = chains.flatMap(({ index }) => (index.state === "read" ? [index.value] : []));
  const homeIndex = indexes.find(({ chain }) => chain === home);
  if (!homeIndex) {
    return {
      tone: "unknown",
      headline: chains.every(({ index }) => index.state === "unread")
        ? "Reading every chain…"
        : `Whether the satellites are synced is ${unknownUntil([home])}`,
      details: unsure,
    };
  }
  const ordered = [homeIndex, ...indexes.filter((index) => index !== homeIndex)];
  const stale = staleSatellites(ordered);
  if (stale.length > 0) {
    const lines = stale.map(({ chain, epoch }) => {
      const lag = lags.find((item) => item.chain === chain);
      return lagText(
        lag ?? { chain, epochs: homeIndex.epoch - epoch, seconds: undefined, cause: "" },
      );
    });
    const [first = ""] = lines;
    return {
      tone: "wait",
      headline:
        lines.length === 1
          ? first
          : `${lines.length} of ${total} chains are stale: home is at epoch ${homeIndex.epoch}`,
      details: [
        ...(lines.length === 1 ? [] : lines.map((line) => `${line}.`)),
        "Until the newest index reaches it, a stale chain shows balances by the last one. No share is touched.",
        ...unsure,
      ],
    };
  }
  if (!isConverged(ordered)) {
    const different = ordered.filter((index) => !isConverged([homeIndex, index]));
    return {
      tone: "bad",
      headline: `${joinNames(different.map(({ chain }) => chain))} ${different.length === 1 ? "has" : "have"} diverged from home at epoch ${homeIndex.epoch}`,
      details: [
        "Home sends one index for an epoch, and another one is held there: stop bridging and tell the operators.",
        ...unsure,
      ],
    };
  }
  if (unsure.length > 0) {
    const others = chains.filter(({ index }) => index.state !== "read");
    return {
      tone: "unknown",
      headline: `${indexes.length} of ${total} chains ${indexes.length === 1 ? "is" : "are"} at epoch ${homeIndex.epoch}, ${joinNames(others.map(({ chain }) => chain))} ${others.length === 1 ? "is" : "are"} not read`,
      details: unsure,
    };
  }
  return {
    tone: "good",
    headline:
      total === 1
        ? `The only chain is at epoch ${homeIndex.epoch}`
        : `All ${total} chains are at epoch ${homeIndex.epoch}`,
    details: [],
  };
}

/** Describes which part of a chain's index is unknown; nothing when it was read in the newest attempt. */
function unreadText(chain: string, index: Reading<ChainIndex>): string | undefined {
  return match(index, {
    read: () => undefined,
    unread: (_, [failure]) =>
      failure
        ? `${chainLabel(chain)} has never been read: ${failure.reason}, since ${pinnedBlock(failure.since)}.`
        : `${chainLabel(chain)} has not been read yet.`,
    stale: ({ epoch }, [at], [failure]) =>
      `${chainLabel(chain)} has not been read since ${at ? pinnedBlock(at.time) : "then"}: ${failure?.reason}. It was at epoch ${epoch} in block ${at?.block}.`,
  });
}

/** Formats a lag: "OP Sepolia is stale by 1 epoch: message executing, 3 min". */
export function lagText({ chain, epochs, seconds, cause }: Lag): string {
  const parts = [cause, seconds === undefined ? "" : duration(seconds)].filter(
    (part) => part !== "",
  );
  const why = parts.length > 0 ? `: ${parts.join(", ")}` : "";
  return `${chainLabel(chain)} is stale by ${count(epochs, "epoch")}${why}`;
}

/**
 * Describes why a satellite lacks an epoch, from the newest broadcast that could have brought it, and from those
 * that failed on its lane.
 */
export function lagCause(
  epoch: bigint,
  broadcasts: Gathered<readonly TrackedMessage[]>,
  isCursed: boolean,
  refusals: readonly RefusedBroadcast[] = [],
): string {
  const newest = knownOf(broadcasts).find(
    (message) => message.epoch !== undefined && message.epoch >= epoch,
  );
  if (isCursed)
    return newest
      ? "the lane is cursed, its message waits"
      : "the lane is cursed, no message could be sent";
  if (!newest) {
    if (refusals.some((refusal) => refusal.epoch >= epoch)) return "the broadcast was not sent";
    return broadcasts.extent === "part"
      ? `whether it was broadcast is ${unknownUntil(broadcasts.missing)}`
      : "not broadcast yet";
  }
  const { destination, message, reason = "no reason given" } = newest;
  return match(newest.state, {
    unread: () => `message sent, what became of it is ${unknownUntil([destination])}`,
    read: (state) => stateOfBroadcast(state, message.version, reason),
    stale: (state) =>
      `${stateOfBroadcast(state, message.version, reason)}, when ${chainLabel(destination)} was last read`,
  });
}

function stateOfBroadcast(state: MessageState, version: CcipVersion, reason: string): string {
  switch (state) {
    case "sent":
      return `message sent, not ${version === "1.6" ? "committed" : "executed"} yet`;
    case "committed":
    case "verified":
      return "message executing";
    case "failed":
      return `message failed, ${reason}`;
    case "executed":
      return "message executed without effect";
  }
}

/** Sum of all shares, compared with the shares that home has issued. */
export interface Conservation {
  readonly issuedShares: bigint;
  readonly chains: readonly { readonly chain: string; readonly shares: bigint }[];
  readonly inFlight: readonly ShareMessage[];
  /** Shares of all decodable messages. */
  readonly sharesInFlight: bigint;
  /** Messages of the token's pools whose shares cannot be decoded. */
  readonly undecodable: readonly ShareMessage[];
  /** issued - on chains - in flight. */
  readonly difference: bigint;
}

/** Returns whether every share is on a chain or in flight. */
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
