import type { Message } from "ccip-localnet/protocol";

import type { MessageStage, Stage } from "../../ccip/stage";
import type { WrappedArrival } from "../../ccip/wrapped";
import { exactTokens } from "../../core/amount";
import { liveChain } from "../../core/chains";
import type { MeshChain } from "../../core/mesh/mesh";
import { command } from "../../core/recovery";
import { revertText } from "../../core/revert/revertChain";

/** Returns the URL of a message in CCIP's explorer; undefined for chains that it does not list. */
export function explorerLink(source: string, messageId: string): string | undefined {
  return liveChain(source) && `https://ccip.chain.link/msg/${messageId}`;
}

/** Describes the stage of a message. */
export function stageText(
  stage: Stage,
  { version }: Pick<Message, "version">,
  source: string,
  destination: string,
): string {
  const isCommitted = version === "1.6";
  const verified = `waits for its verifiers and to be executed on ${destination}`;
  const texts: Readonly<Record<Stage, string>> = {
    sent: `sent, ${isCommitted ? `waits until its block on ${source} is final` : verified}`,
    final: `final on ${source}, ${isCommitted ? `waits to be committed on ${destination}` : verified}`,
    committed: `committed on ${destination}, waits to be executed`,
    executed: `executed on ${destination}`,
    failed: `failed on ${destination}`,
  };
  return texts[stage];
}

/**
 * Returns why the last execution attempt of a message failed; undefined when it did not, or when that is unknown.
 */
export function reasonText({ stage, attempt }: MessageStage): string | undefined {
  if (stage !== "failed" || !attempt) return undefined;
  return revertText(attempt.returnData);
}

/** Returns the command that shows a message's status or diagnoses it. */
export function askText(
  task: "bridge status" | "message doctor",
  hash: string,
  mesh: string,
): string {
  return `\`${command(`${task} ${hash}`, { mesh })}\``;
}

/** Describes what a wrapped bridge did with a message. */
export function arrivalText(
  { outcome, account, wrapped, shares }: WrappedArrival,
  { name, contracts }: Pick<MeshChain, "name" | "contracts">,
): string {
  switch (outcome) {
    case "wrapped":
      return `${account} got ${exactTokens(wrapped)} wrapped units and ${shares} shares.`;
    case "plain":
      return `It could not be wrapped: ${account} got ${shares} shares of the token.`;
    case "kept":
      return `It could not be delivered: ${shares} shares are kept for ${account}, who calls claim(<account>) on the wrapped bridge ${contracts.wrappedBridge} of ${name}.`;
  }
}

/** Returns the part of a JSON document about a message and its stage; null while its destination cannot be read. */
export function messageDocument(
  message: Message,
  source: string,
  destination: string,
  reached: MessageStage | undefined,
) {
  const { messageId, sender, receiver, transactionHash, blockNumber } = message;
  return {
    messageId,
    source,
    destination,
    sender,
    receiver,
    transactionHash,
    blockNumber,
    stage: reached?.stage ?? null,
    executedIn: reached?.attempt?.transactionHash,
    reason: reached && reasonText(reached),
    explorer: explorerLink(source, messageId),
  };
}
