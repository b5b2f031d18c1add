import type { IndexState } from "./indexState";
import { count, pinnedBlock } from "./words";
import { isSame } from "./worth";

/** A contract that the notifier of a chain tells of each index. */
export interface Listener {
  readonly address: string;
  /** Key of the index that it was told last: the token's generation in the high half, the epoch in the low one. */
  readonly toldEpoch: bigint;
  /** Shares per token unit; 0 while unsynced. */
  readonly toldSharesPerToken: bigint;
  /** Unix seconds before which no upkeep calls it again; 0 unless its last call failed. */
  readonly retryAt: number;
  /** Number of its calls that failed since the last success. */
  readonly failures: number;
}

/** The index state of a chain, and how often its admin has replaced it. */
export interface CountedState extends IndexState {
  readonly generation: bigint;
}

/** Returns the key of the index that counts at a time, as the token's countingState does. */
export function countingEpoch(state: CountedState, now: number): bigint {
  const isWaiting = now < Number(state.effectiveAt);
  return (state.generation << 32n) | (state.epoch - (isWaiting ? 1n : 0n));
}

/** Describes the key of an index: "epoch 7", "epoch 3 of generation 1". */
export function countingText(key: bigint): string {
  const generation = key >> 32n;
  return `epoch ${key & 0xffffffffn}${generation === 0n ? "" : ` of generation ${generation}`}`;
}

/** Returns whether a listener was told of the index that counts now, as a badge and an explanation. */
export function listenerState(
  { toldEpoch, failures, retryAt }: Listener,
  state: CountedState,
  now: number,
): { readonly tone: "good" | "wait" | "bad"; readonly text: string; readonly detail: string } {
  const counting = countingEpoch(state, now);
  if (state.epoch === 0n)
    return { tone: "wait", text: "not synced yet", detail: "The chain has no index to tell of." };
  if (toldEpoch === counting) return { tone: "good", text: "told", detail: "" };
  const counts = `The index of ${countingText(counting)} counts.`;
  if (failures === 0)
    return {
      tone: "wait",
      text: "behind",
      detail: `${counts} The next transaction that notifies tells it; any account may send one.`,
    };
  return {
    tone: "bad",
    text: "failing",
    detail: `${counts} ${count(failures, "call")} failed, an upkeep tries again from ${pinnedBlock(retryAt)} on; any account may notify before.`,
  };
}

/** Returns the name of a listener that the project ships; undefined for another one. */
export function listenerName(
  {
    pairSyncer,
    rateFeed,
  }: { readonly pairSyncer?: string | undefined; readonly rateFeed?: string | undefined },
  address: string,
): string | undefined {
  if (pairSyncer && isSame(pairSyncer, address)) return "Pair syncer";
  return rateFeed && isSame(rateFeed, address) ? "Rate feed" : undefined;
}
