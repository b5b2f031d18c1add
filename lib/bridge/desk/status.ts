import type { MessageStage } from "../../ccip/stage";
import { readStage } from "../../ccip/stage";
import { exactTokens } from "../../cli/amount";
import { toJson } from "../../cli/json";
import { TERMINAL } from "../../cli/voice";
import type { Voice } from "../../cli/voice";
import type { Desk } from "../../mesh/desk/desk";
import { findMessages } from "../find";
import type { FoundMessage } from "../find";

import { explorerLink } from "./explorer";
import { laneView, reasonText, stageText } from "./progress";

/** A message and how far it is; the stage is unknown when its destination is not in the mesh. */
export interface MessageStatus extends FoundMessage {
  readonly reached?: MessageStage;
}

/** Says how far a message is, or every message of a transaction. */
export async function showStatus(
  { mesh, store }: Desk,
  { hash, json }: { readonly hash: string; readonly json: boolean },
  { print }: Voice = TERMINAL,
): Promise<MessageStatus[]> {
  const found = await findMessages(mesh, hash, store);
  const statuses = await Promise.all(
    found.map(async (item): Promise<MessageStatus> => {
      const { message, source, destination } = item;
      if (!destination) return item;
      return { ...item, reached: await readStage(laneView(source, destination), message) };
    }),
  );
  print(
    json
      ? toJson({ mesh: mesh.config.name, messages: statuses.map(statusDocument) })
      : statuses.map(statusText).join("\n"),
  );
  return statuses;
}

/** Whether every message has arrived. */
export function haveArrived(statuses: readonly MessageStatus[]): boolean {
  return statuses.every(({ reached }) => reached?.stage === "executed");
}

function statusDocument({ message, source, destination, reached }: MessageStatus) {
  return {
    messageId: message.messageId,
    source: source.name,
    destination: destination?.name ?? message.destinationSelector,
    sequenceNumber: message.sequenceNumber,
    sender: message.sender,
    receiver: message.receiver,
    amounts: message.tokens.map(({ amount }) => amount),
    transactionHash: message.transactionHash,
    blockNumber: message.blockNumber,
    stage: reached?.stage ?? "unknown",
    executedIn: reached?.attempt?.transactionHash,
    reason: reached && reasonText(reached),
    explorer: explorerLink(source.name, message.messageId),
  };
}

function statusText({ message, source, destination, reached }: MessageStatus): string {
  const { messageId, sender, receiver, tokens, transactionHash, blockNumber } = message;
  const to = destination?.name ?? `chain ${message.destinationSelector}, which is not in the mesh`;
  const link = explorerLink(source.name, messageId);
  const reason = reached && reasonText(reached);
  return [
    `message ${messageId}`,
    `  ${source.name} -> ${to}, ${tokens.length > 0 ? `${tokens.map(({ amount }) => exactTokens(amount)).join(", ")} tokens` : "no tokens"}, from ${sender} to ${receiver}`,
    `  sent in ${transactionHash}, block ${blockNumber}`,
    ...(reached && destination
      ? [
          `  ${stageText(reached.stage, source.name, destination.name)}${reached.attempt ? ` in ${reached.attempt.transactionHash}` : ""}${reason ? `: ${reason}` : ""}`,
        ]
      : []),
    ...(reached?.stage === "failed"
      ? [`  find out what to do with \`npx hardhat message doctor ${messageId}\``]
      : []),
    ...(link ? [`  ${link}`] : []),
  ].join("\n");
}
