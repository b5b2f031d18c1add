import { knownOf, match, missingOf } from "../../model/reading";

import { useMesh } from "../../data/mesh";
import { sharesPerToken, toTokens } from "../../model/indexState";
import type { MessageState, TrackedMessage } from "../../model/messages";
import { chainLabel, duration, tokens, unknownUntil } from "../../model/words";
import { Known } from "../../ui/Known";
import { Notice } from "../../ui/kit";

/** Shows the progress of the message that a transaction sent, until its arrival. */
export function TransferProgress({ transaction }: { transaction: string }) {
  const { messages } = useMesh();
  const message = knownOf(messages).find(
    (candidate) => candidate.message.transactionHash === transaction,
  );
  if (!message) {
    const unsure = [...missingOf(messages), ...messages.failures.map(({ source }) => source)];
    return (
      <Notice tone="wait">
        {unsure.length > 0
          ? `What became of it is ${unknownUntil([...new Set(unsure)])}.`
          : "Looking for the message…"}
      </Notice>
    );
  }
  return match(message.state, {
    read: (state) => <Stage message={message} state={state} />,
    unread: (names) => (
      <Notice tone="wait">Sent. Whether it has arrived is {unknownUntil(names)}.</Notice>
    ),
    stale: (state, _, failures) => (
      <Notice tone="wait">
        It was {state} when its destination was last read. What became of it is{" "}
        {unknownUntil(failures.map(({ source }) => source))}.
      </Notice>
    ),
  });
}

function Stage({ message, state }: { message: TrackedMessage; state: MessageState }) {
  const { mesh, chainOf, now } = useMesh();
  const time = now(message.destination);
  switch (state) {
    case "executed":
      return (
        <Notice tone="good">
          Arrived on {chainLabel(message.destination)}
          {message.settledAt !== undefined &&
            ` after ${duration(message.settledAt - message.sentAt)}`}
          , worth{" "}
          <Known reading={chainOf(message.destination).snapshot}>
            {(end) =>
              message.shares === undefined
                ? "an amount that cannot be decoded"
                : tokens(toTokens(message.shares, sharesPerToken(end, time)), mesh.token.symbol, 6)
            }
          </Known>{" "}
          there.
        </Notice>
      );
    case "failed":
      return (
        <Notice tone="bad">
          It could not be executed: {message.reason}. Nothing is lost; see Messages to execute it by
          hand.
        </Notice>
      );
    case "sent":
      return (
        <Notice tone="wait">
          Sent. Waiting for{" "}
          {message.message.version === "1.6" ? "CCIP to commit it" : "its verifiers to answer"},
          then to be executed. You may close this page.
        </Notice>
      );
    case "committed":
    case "verified":
      return (
        <Notice tone="wait">
          {state === "committed"
            ? `Committed on ${chainLabel(message.destination)}`
            : "Its verifiers have answered"}
          . Waiting for its execution.
        </Notice>
      );
  }
}
