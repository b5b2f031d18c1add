import { describeRevert } from "ccip-localnet/protocol";
import type { Message } from "ccip-localnet/protocol";

import type { MessageStage, Stage } from "../../ccip/stage";
import { abi } from "../../core/abis";
import { command } from "../../core/recovery";

/** Describes the stage of a message. */
export function stageText(
  stage: Stage,
  { version }: Pick<Message, "version">,
  source: string,
  destination: string,
): string {
  switch (stage) {
    case "sent":
      return version === "1.6"
        ? `sent, waits until its block on ${source} is final`
        : `sent, waits for its verifiers and to be executed on ${destination}`;
    case "final":
      return version === "1.6"
        ? `final on ${source}, waits to be committed on ${destination}`
        : `final on ${source}, waits for its verifiers and to be executed on ${destination}`;
    case "committed":
      return `committed on ${destination}, waits to be executed`;
    case "executed":
      return `executed on ${destination}`;
    case "failed":
      return `failed on ${destination}`;
  }
}

/**
 * Returns why the last execution attempt of a message failed; undefined when it did not, or when that is unknown.
 */
export function reasonText({ stage, attempt }: MessageStage): string | undefined {
  if (stage !== "failed" || !attempt) return undefined;
  return describeRevert(attempt.returnData, Object.values(abi));
}

/** Returns the command that shows a message's status or diagnoses it. */
export function askText(
  task: "bridge status" | "message doctor",
  hash: string,
  mesh: string,
): string {
  return `\`${command(`${task} ${hash}`, { mesh })}\``;
}
