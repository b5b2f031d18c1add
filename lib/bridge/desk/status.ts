import { readStage } from "../../ccip/stage";
import type { MessageStage } from "../../ccip/stage";
import { exactTokens } from "../../cli/amount";
import { toJson } from "../../cli/json";
import { TERMINAL } from "../../cli/voice";
import type { Voice } from "../../cli/voice";
import type { Desk } from "../../mesh/desk/desk";
import { findAll } from "../../message/find";
import type { Found, FoundMessage } from "../../message/find";

import { explorerLink } from "./explorer";
import { askText, laneView, reasonText, stageText } from "./progress";

/** What a hash is about and, if that is a message, how far it is. */
export type HashStatus =
  | (FoundMessage & { readonly reached: MessageStage })
  | Exclude<Found, { readonly kind: "message" }>;

/** Says how far a message is, or every message of a transaction. */
export async function showStatus(
  { mesh }: Desk,
  { hash, json }: { readonly hash: string; readonly json: boolean },
  { print }: Voice = TERMINAL,
): Promise<HashStatus[]> {
  const found = await findAll(mesh, hash);
  const statuses = await Promise.all(
    found.map(async (item): Promise<HashStatus> => {
      if (item.kind !== "message") return item;
      const { message, source, destination } = item;
      return { ...item, reached: await readStage(laneView(source, destination), message) };
    }),
  );
  const { name } = mesh.config;
  print(
    json
      ? toJson({ mesh: name, found: statuses.map(statusDocument) })
      : statuses.map((status) => statusText(status, hash, name)).join("\n"),
  );
  return statuses;
}

/** Whether every message has arrived. */
export function haveArrived(statuses: readonly HashStatus[]): boolean {
  return statuses.every((item) => item.kind === "message" && item.reached.stage === "executed");
}

function statusDocument(status: HashStatus) {
  switch (status.kind) {
    case "message": {
      const { kind, message, source, destination, reached } = status;
      return {
        kind,
        messageId: message.messageId,
        source: source.name,
        destination: destination.name,
        sequenceNumber: message.sequenceNumber,
        sender: message.sender,
        receiver: message.receiver,
        amounts: message.tokens.map(({ amount }) => amount),
        transactionHash: message.transactionHash,
        blockNumber: message.blockNumber,
        stage: reached.stage,
        executedIn: reached.attempt?.transactionHash,
        reason: reasonText(reached),
        explorer: explorerLink(source.name, message.messageId),
      };
    }
    case "reverted":
      return {
        kind: status.kind,
        source: status.chain.name,
        transactionHash: status.receipt.hash,
      };
    case "pending":
      return {
        kind: status.kind,
        source: status.chain.name,
        transactionHash: status.transactionHash,
      };
    case "refused lane": {
      const { kind, home, selector, epoch, transactionHash } = status;
      return { kind, source: home.name, destination: selector, epoch, transactionHash };
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
  }
}

function messageText(
  { message, source, destination, reached }: FoundMessage & { readonly reached: MessageStage },
  more: string,
): string {
  const { messageId, sender, receiver, tokens, transactionHash, blockNumber } = message;
  const link = explorerLink(source.name, messageId);
  const reason = reasonText(reached);
  const amounts = tokens.map(({ amount }) => exactTokens(amount)).join(", ");
  const where = reached.attempt ? ` in ${reached.attempt.transactionHash}` : "";
  return [
    `message ${messageId}`,
    `  ${source.name} -> ${destination.name}, ${amounts || "no"} tokens, from ${sender} to ${receiver}`,
    `  sent in ${transactionHash}, block ${blockNumber}`,
    `  ${stageText(reached.stage, source.name, destination.name)}${where}${reason ? `: ${reason}` : ""}`,
    ...(reached.stage === "failed" ? [more] : []),
    ...(link ? [`  ${link}`] : []),
  ].join("\n");
}
