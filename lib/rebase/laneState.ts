import type { SatelliteChain } from "../core/mesh/mesh";
import { pinAt } from "../rpc/pinned";

import type { SentMessages } from "../ccip/sentBroadcast";
import { quarantineText } from "../mesh/components/circuitBreaker";
import type { Quarantined } from "../mesh/components/circuitBreaker";
import type { ChainStatus, SatelliteStatus } from "./status";

/**
 * Progress of the home's newest epoch towards a satellite. `diverged`: it has an index that home never sent, which no
 * broadcast of the same epoch fixes. `unknown`: the broadcaster does not know it. `overdue`: sent so long ago that it
 * is treated as lost; a late arrival is harmless. `quarantined`: the receiver holds the newest epoch back, or one that
 * takes precedence over it, and another message with it changes nothing. `without effect`: executed with success, and the epoch did not
 * change, because CCIP skips contracts without the receiver interface.
 */
export type LaneState =
  | { readonly kind: "synced" | "diverged" | "unknown" | "not sent" }
  | { readonly kind: "quarantined"; readonly held: Quarantined }
  | { readonly kind: "under way" | "overdue" | "without effect"; readonly messageId: string }
  /** Executed, but rejected by the receiver or by CCIP. */
  | {
      readonly kind: "failed";
      readonly messageId: string;
      readonly reason: string;
      /** Its revert data, if it could be read. */
      readonly revertData?: string | undefined;
    };

/** Returns whether a lane needs another broadcast. */
export function needsSending({ kind }: LaneState): boolean {
  return ["not sent", "overdue", "failed", "without effect"].includes(kind);
}

/** Reads the progress of the newest epoch towards a satellite. */
export async function laneState(
  satellite: SatelliteChain,
  home: ChainStatus,
  status: SatelliteStatus,
  sent: SentMessages,
  overdueAfterSeconds: bigint,
): Promise<LaneState> {
  const { syncStatus, destination, quarantined: held } = status;
  if (syncStatus !== "stale") return { kind: syncStatus };
  if (held?.epoch === home.epoch) return { kind: "quarantined", held };
  if (!destination) return { kind: "unknown" };
  const { lastEpoch, lastMessageId: messageId, lastSentAt: sentAt } = destination;
  if (lastEpoch !== home.epoch) return { kind: "not sent" };
  // Read at the block of the epoch: a later arrival must not seem to have had no effect.
  const at = await pinAt(satellite.name, satellite.provider, status.blockNumber);
  const executionStatus = await sent.executionStatusAt(satellite, messageId, home.blockNumber, at);
  if (executionStatus?.state === "failure") {
    const { reason = "", revertData } = executionStatus;
    return { kind: "failed", messageId, reason, revertData };
  }
  if (executionStatus?.state === "success") {
    // The receiver ignores an epoch outside of its band while it holds back a newer one.
    if (held && held.epoch >= home.epoch) return { kind: "quarantined", held };
    return { kind: "without effect", messageId };
  }
  const isOverdue = home.timestamp - sentAt > overdueAfterSeconds;
  return { kind: isOverdue ? "overdue" : "under way", messageId };
}

/** Describes the state of a lane. */
export function laneText(state: LaneState): string {
  switch (state.kind) {
    case "synced":
    case "not sent":
      return state.kind;
    case "diverged":
      return "holds an index that home never sent: look into its receiver before anything is sent";
    case "unknown":
      return 'unknown to the broadcaster: run "mesh apply"';
    case "quarantined":
      return `the receiver holds back ${quarantineText(state.held)}: run "receiver show"`;
    case "under way":
      return `under way in message ${state.messageId}`;
    case "overdue":
      return `message ${state.messageId} is overdue`;
    case "failed":
      return `message ${state.messageId} failed: ${state.reason}`;
    case "without effect":
      return `message ${state.messageId} was executed without effect: does its receiver listen? Run "mesh check"`;
  }
}
