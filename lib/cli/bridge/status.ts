import { readStage } from "../../ccip/stage";
import type { MessageStage } from "../../ccip/stage";
import { decodeWrapped, readWrappedArrival } from "../../ccip/wrapped";
import type { WrappedArrival } from "../../ccip/wrapped";
import { exactTokens } from "../../core/amount";
import { toJson } from "../../core/json";
import { chainsOf } from "../../core/mesh/mesh";
import { findAll } from "../../diagnostics/find";
import type { Found, FoundMessage } from "../../diagnostics/found";
import type { OperatorContext } from "../../mesh/operator";
import { eachThatAnswers, unreadDocument, untilRead } from "../../mesh/unread";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";
import { unreadLines } from "../text";

import { arrivalText, askText, explorerLink, messageDocument, reasonText, stageText } from "./text";

/** A message and its stage; the stage is undefined while its destination cannot be read. */
type MessageStatus = FoundMessage & {
  readonly reached: MessageStage | undefined;
  /** The effect on a wrapped bridge, once executed there. */
  readonly arrival?: WrappedArrival | undefined;
};

/** The object that a hash identifies and, for a message, its stage. */
export type HashStatus = MessageStatus | Exclude<Found, { readonly kind: "message" }>;

/**
 * Shows the status of a message, or of every message of a transaction.
 * @returns nothing when no answering chain has it while others do not answer.
 */
export async function showStatus(
  { mesh, unreachable }: OperatorContext,
  { hash, json }: { readonly hash: string; readonly json: boolean },
  { stdout, log }: Output = consoleOutput,
): Promise<HashStatus[]> {
  const { unread } = await eachThatAnswers(chainsOf(mesh), unreachable, ({ provider }) =>
    provider.getBlockNumber(),
  );
  const found = await findAll(mesh, hash, { unread });
  const statuses = await Promise.all(
    found.map(async (item): Promise<HashStatus> => {
      if (item.kind !== "message") return item;
      const { message, source, destination } = item;
      const isRead = !unread.has(destination.name);
      const lane = { source, destination };
      const reached = isRead ? await readStage(lane, message) : undefined;
      const hash = reached?.stage === "executed" ? reached.attempt?.transactionHash : undefined;
      const isWrapped = message.receiver === destination.contracts.wrappedBridge;
      const arrival =
        isWrapped && hash !== undefined
          ? await readWrappedArrival(destination, message.messageId, hash)
          : undefined;
      return { ...item, reached, ...(arrival && { arrival }) };
    }),
  );
  const { name } = mesh.config;
  if (json) {
    const documents = statuses.map(statusDocument);
    stdout(toJson({ mesh: name, unread: unreadDocument(unread), found: documents }));
  } else if (statuses.length === 0) {
    stdout(
      `cannot tell what ${hash} is ${untilRead(unread)}: the chains that answered do not tell`,
    );
  } else {
    stdout(statuses.map((status) => statusText(status, hash, name)).join("\n"));
  }
  for (const line of unreadLines(unread)) log(line);
  return statuses;
}

/** Returns whether the result depends on a chain that was not read. */
export function areOpen(statuses: readonly HashStatus[]): boolean {
  return statuses.length === 0 || statuses.some((item) => item.kind === "message" && !item.reached);
}

/** Returns whether every message has arrived. */
export function haveArrived(statuses: readonly HashStatus[]): boolean {
  return (
    statuses.length > 0 &&
    statuses.every((item) => item.kind === "message" && item.reached?.stage === "executed")
  );
}

function statusDocument(status: HashStatus) {
  switch (status.kind) {
    case "message": {
      const { kind, message, source, destination, reached, arrival } = status;
      return {
        kind,
        ...messageDocument(message, source.name, destination.name, reached),
        sequenceNumber: message.sequenceNumber,
        amounts: message.tokens.map(({ amount }) => amount),
        ...(message.sender === source.contracts.wrappedBridge && {
          wrapped: decodeWrapped(message),
        }),
        ...(arrival && { arrival }),
      };
    }
    case "reverted": {
      const { kind, chain, receipt } = status;
      return { kind, source: chain.name, transactionHash: receipt.hash };
    }
    case "pending": {
      const { kind, chain, transactionHash } = status;
      return { kind, source: chain.name, transactionHash };
    }
    case "refused lane": {
      const { kind, home, selector, epoch, transactionHash } = status;
      return { kind, source: home.name, destination: selector, epoch, transactionHash };
    }
    case "refused proposal": {
      const { kind, home, selector, nonce, transactionHash } = status;
      return { kind, source: home.name, destination: selector, nonce, transactionHash };
    }
  }
}

function statusText(status: HashStatus, hash: string, mesh: string): string {
  const more = (about: string) =>
    `  find out what to do with ${askText("message doctor", about, mesh)}`;
  switch (status.kind) {
    case "message":
      return messageText(status, more(status.message.messageId));
    case "reverted":
      return `transaction ${hash} on ${status.chain.name} reverted: it sent nothing\n${more(hash)}`;
    case "pending":
      return `transaction ${hash} on ${status.chain.name} is not mined yet: it has sent nothing so far`;
    case "refused lane":
      return `broadcast of epoch ${status.epoch} to chain ${status.selector}: its lane did not take it\n${more(hash)}`;
    case "refused proposal":
      return `proposal ${status.nonce} to chain ${status.selector}: its lane did not take it\n${more(hash)}`;
  }
}

function messageText(
  { message, source, destination, reached, arrival }: MessageStatus,
  more: string,
): string {
  const { messageId, sender, receiver, tokens, transactionHash, blockNumber } = message;
  const link = explorerLink(source.name, messageId);
  const amounts = tokens.map(({ amount }) => exactTokens(amount)).join(", ");
  const lines = [
    `message ${messageId}`,
    `  ${source.name} -> ${destination.name}, ${amounts || "no"} tokens, from ${sender} to ${receiver}`,
    `  sent in ${transactionHash}, block ${blockNumber}`,
  ];
  const wrapped = sender === source.contracts.wrappedBridge ? decodeWrapped(message) : undefined;
  if (wrapped) {
    const { owner, receiver: to, shares } = wrapped;
    lines.push(`  wrapped units of ${shares} shares, from ${owner} to ${to}`);
  }
  if (reached) {
    const { stage, attempt } = reached;
    const reason = reasonText(reached);
    const where = attempt ? ` in ${attempt.transactionHash}` : "";
    const text = stageText(stage, message, source.name, destination.name);
    lines.push(`  ${text}${where}${reason ? `: ${reason}` : ""}`);
  } else {
    lines.push(`  cannot tell how far it is until ${destination.name} is read`);
  }
  if (arrival) lines.push(`  ${arrivalText(arrival, destination)}`);
  if (reached?.stage === "failed") {
    if (message.version === "2.0") lines.push("  anybody may try again at once");
    lines.push(more);
  }
  return [...lines, ...(link ? [`  ${link}`] : [])].join("\n");
}
