import type { Interface } from "ethers";
import {
  decodeExecution,
  decodeMessage,
  decodeRevert,
  executedTopics,
  sentTopics,
} from "ccip-localnet/protocol";
import type { CcipVersion, Execution, Message, RampLog } from "ccip-localnet/protocol";

import { decodePoolData } from "ccip/poolData";
import { briefReason } from "core/reasons/catalogue";
import { all, lastRead, map, match } from "./reading";
import type { Reading } from "./reading";
import { chainLabel, unknownUntil } from "./words";

/** State of a message: CCIP 1.6 commits it before the execution, CCIP 2.0 has verifiers. */
export type MessageState = "sent" | "committed" | "verified" | "executed" | "failed";

/** A message of the token. */
export interface TrackedMessage {
  readonly id: string;
  readonly kind: "transfer" | "broadcast" | "proposal";
  readonly source: string;
  readonly destination: string;
  readonly message: Message;
  /** Unread until its destination has been read: without that, its arrival is not known. */
  readonly state: Reading<MessageState>;
  /** Unix seconds. */
  readonly sentAt: number;
  readonly settledAt: number | undefined;
  readonly settledIn: string | undefined;
  /** The destination block in which it was executed, or failed. */
  readonly settledBlock: number | undefined;
  /** Reason of its failure. */
  readonly reason: string | undefined;
  /** Shares that it carries; 0 unless it is a transfer, undefined where they cannot be decoded. */
  readonly shares: bigint | undefined;
  /** The epoch of the broadcast, or of the source when its shares left. */
  readonly epoch: bigint | undefined;
}

/** A broadcast that was not sent because its lane failed. Nothing was charged for it. */
export interface RefusedBroadcast {
  readonly kind: "refused";
  readonly source: string;
  readonly destination: string;
  /** The epoch that the destination did not receive. */
  readonly epoch: bigint;
  /** Reason as text. */
  readonly reason: string;
  /** Unix seconds. */
  readonly sentAt: number;
  readonly transactionHash: string;
}

/** The part of a chain's description that tracking its messages needs. */
export interface MessageSite {
  readonly name: string;
  readonly selector: bigint;
  readonly contracts: {
    readonly token: string;
    readonly pool: string;
    readonly broadcaster?: string | undefined;
    readonly proposalSender?: string | undefined;
  };
  /** Pools that the current one has replaced. */
  readonly previousPools?: readonly string[];
}

/** A log with the time of its block. */
export type TimedLog = RampLog & { readonly time: number };

/** Messages and executions in the ramps' logs of a site, with their times. */
export interface MessageStore {
  /** Oldest first. */
  readonly sent: readonly Message[];
  /** The last execution of each message, by its id: a message may be executed through several ramps. */
  readonly executions: ReadonlyMap<string, Execution>;
  /** Unix seconds by transaction hash. */
  readonly times: ReadonlyMap<string, number>;
  /** Block numbers by transaction hash. */
  readonly blocks: ReadonlyMap<string, number>;
}

/** Extracts the messages from a chain's logs: events of its ramps and its contracts. */
export function openStore(logs: readonly TimedLog[]): MessageStore {
  const logsWith = (topics: Readonly<Record<CcipVersion, string>>) =>
    logs.filter((log) => Object.values(topics).includes(log.topics[0] ?? ""));
  const executions = logsWith(executedTopics()).map(decodeExecution);
  return {
    sent: logsWith(sentTopics()).map(decodeMessage),
    executions: new Map(executions.map((execution) => [execution.messageId, execution])),
    times: new Map(logs.map((log) => [log.transactionHash, log.time])),
    blocks: new Map(logs.map((log) => [log.transactionHash, log.blockNumber])),
  };
}

/** Facts about messages that are not in their logs. */
export interface MessageFacts {
  /** By message id, from the broadcaster's events. */
  readonly epochs: ReadonlyMap<string, bigint>;
  /** Returns up to which block the logs of a chain have been read. */
  logsOf(selector: bigint): Reading<unknown>;
  /**
   * The first uncommitted sequence number on `destination`, by OnRamp of `source`, where messages are committed.
   */
  firstUncommitted(destination: bigint, source: bigint): Reading<ReadonlyMap<string, bigint>>;
  /** ABIs for decoding the reason of a failure. */
  readonly errors: readonly Interface[];
}

/** Returns every message of the mesh, the newest first. */
export function trackMessages(
  sites: readonly MessageSite[],
  stores: ReadonlyMap<bigint, MessageStore>,
  facts: MessageFacts,
): TrackedMessage[] {
  const tracked = sites.flatMap((source) =>
    sites
      .filter((destination) => destination !== source)
      .flatMap((destination) => {
        const sent = stores.get(source.selector);
        const arrived = stores.get(destination.selector);
        return (sent?.sent ?? [])
          .filter(({ destinationSelector }) => destinationSelector === destination.selector)
          .filter((message) => belongsTo(source, message))
          .map((message): TrackedMessage => {
            const execution = arrived?.executions.get(message.messageId);
            const [transfer] = message.tokens;
            const data = transfer && decodePoolData(transfer.extraData);
            return {
              id: message.messageId,
              kind: transfer
                ? "transfer"
                : message.sender === source.contracts.proposalSender
                  ? "proposal"
                  : "broadcast",
              source: source.name,
              destination: destination.name,
              message,
              state: stateOf(
                message,
                execution,
                facts.logsOf(destination.selector),
                facts.firstUncommitted(destination.selector, source.selector),
              ),
              sentAt: sent?.times.get(message.transactionHash) ?? 0,
              settledAt: execution && arrived?.times.get(execution.transactionHash),
              settledIn: execution?.transactionHash,
              settledBlock: execution && arrived?.blocks.get(execution.transactionHash),
              reason:
                execution?.state === "failure"
                  ? briefReason(decodeRevert(execution.returnData, facts.errors))
                  : undefined,
              shares: transfer ? data?.shares : 0n,
              epoch: data ? data.epoch : facts.epochs.get(message.messageId),
            };
          });
      }),
  );
  return tracked.sort((a, b) => b.sentAt - a.sentAt || (a.id < b.id ? 1 : -1));
}

function belongsTo(
  { contracts, previousPools = [] }: MessageSite,
  { sender, tokens }: Message,
): boolean {
  return (
    sender === contracts.broadcaster ||
    sender === contracts.proposalSender ||
    tokens.some(
      ({ sourcePool }) => sourcePool === contracts.pool || previousPools.includes(sourcePool),
    )
  );
}

function stateOf(
  { version, onRamp, sequenceNumber }: Message,
  execution: Execution | undefined,
  logs: Reading<unknown>,
  firstUncommitted: Reading<ReadonlyMap<string, bigint>>,
): Reading<MessageState> {
  if (execution?.state === "success") {
    // An execution is final: it stays true while its destination does not answer.
    const last = lastRead(logs);
    if (last) return { ...last, value: "executed" };
  }
  if (execution?.state === "failure") return map(logs, () => "failed");
  // Verifiers answer off chain: see `withVerified`.
  if (version === "2.0") return map(logs, () => "sent");
  return map(all([logs, firstUncommitted]), ([, first]) =>
    sequenceNumber < (first.get(onRamp) ?? 0n) ? "committed" : "sent",
  );
}

/** Returns whether a message waits for verifiers, or may have results that the chains do not show. */
export function waitsForVerifiers({ message, state }: TrackedMessage): boolean {
  return message.version === "2.0" && lastRead(state)?.value === "sent";
}

/** Marks the messages that have verifier results. */
export function withVerified(
  messages: readonly TrackedMessage[],
  verified: ReadonlySet<string>,
): readonly TrackedMessage[] {
  return messages.map((message) =>
    verified.has(message.id) && waitsForVerifiers(message)
      ? { ...message, state: map(message.state, () => "verified") }
      : message,
  );
}

/** Returns whether a message is known not to have been executed; false while that is unknown. */
export function isOpen({ state }: TrackedMessage): boolean {
  const last = lastRead(state);
  return last !== undefined && last.value !== "executed";
}

/** Describes the known progress of a message. */
export function stateText({ state, destination }: TrackedMessage): string {
  return match(state, {
    unread: (names) => `state ${unknownUntil(names)}`,
    read: (value): string => value,
    stale: (value) => `${value} when ${chainLabel(destination)} was last read`,
  });
}
