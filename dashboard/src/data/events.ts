import { decodeEventLog, encodeEventTopics } from "viem";

import type { MeshDescription } from "../deployments";
import type { ChainLog } from "./cache";

/** Event topics by their purpose. */
export interface EventTopics {
  /** Events of the token's own contracts. */
  readonly own: readonly string[];
  /** Events that are followed by a CCIP message in the same block. */
  readonly departures: readonly string[];
}

/** The topics of every event that the dashboard reads. */
export function eventTopics({ own }: MeshDescription): EventTopics {
  const departures = [
    ...encodeEventTopics({ abi: own.pool, eventName: "LockedOrBurned" }),
    ...encodeEventTopics({ abi: own.broadcaster, eventName: "BroadcastSent" }),
    ...encodeEventTopics({ abi: own.proposalSender, eventName: "ProposalSent" }),
  ].map(String);
  return {
    departures,
    own: [
      ...departures,
      ...encodeEventTopics({ abi: own.pool, eventName: "ReleasedOrMinted" }),
      ...encodeEventTopics({ abi: own.token, eventName: "Rebased" }),
      ...encodeEventTopics({ abi: own.controller, eventName: "RebaseScheduled" }),
      ...encodeEventTopics({ abi: own.controller, eventName: "RebaseReplaced" }),
      ...encodeEventTopics({ abi: own.broadcaster, eventName: "BroadcastFailed" }),
      ...encodeEventTopics({ abi: own.proposalSender, eventName: "ProposalCreated" }),
      ...encodeEventTopics({ abi: own.proposalSender, eventName: "ProposalFailed" }),
    ].map(String),
  };
}

type Own = MeshDescription["own"];

/** Decodes a log of one of the project's contracts; undefined for other contracts. */
export function decodeOwn<K extends keyof Own>(mesh: MeshDescription, contract: K, log: ChainLog) {
  const [signature, ...rest] = log.topics;
  if (!signature) return undefined;
  try {
    return decodeEventLog({
      abi: mesh.own[contract],
      data: log.data as `0x${string}`,
      topics: [signature as `0x${string}`, ...(rest as `0x${string}`[])],
    });
  } catch {
    return undefined;
  }
}
