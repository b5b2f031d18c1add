import { useState } from "react";

import { useMesh } from "../data/mesh";
import type { MessageState, TrackedMessage } from "../model/messages";
import { sharesPerToken, toTokens } from "../model/indexState";
import { chainLabel, duration, moment } from "../model/words";
import { Badge, Big, Hash, Panel, Scroll, Skeleton, Tokens } from "../ui/kit";
import type { BadgeTone } from "../ui/kit";
import { RepairMessage } from "../wallet/RepairMessage";

const TONES: Record<MessageState, BadgeTone> = {
  sent: "wait",
  committed: "wait",
  executed: "good",
  failed: "bad",
};
const STEPS: readonly MessageState[] = ["sent", "committed", "executed"];

/** Transfers and broadcasts, from sent to executed. */
export default function Messages() {
  const { messages, hasLogs } = useMesh();
  const [kind, setKind] = useState<"all" | TrackedMessage["kind"]>("all");
  const shown = messages.filter((message) => kind === "all" || message.kind === kind);
  return (
    <>
      <h1 tabIndex={-1}>Messages</h1>
      <p className="lead">
        Shares and index states on their way over CCIP. A message that failed keeps what it carries
        until somebody executes it by hand; anybody may.
      </p>
      <Panel
        title="All messages"
        aside={
          <label className="inline">
            Show{" "}
            <select value={kind} onChange={(event) => setKind(event.target.value as typeof kind)}>
              <option value="all">everything</option>
              <option value="transfer">transfers</option>
              <option value="broadcast">broadcasts</option>
            </select>
          </label>
        }
      >
        {!hasLogs && messages.length === 0 ? (
          <Skeleton width="30ch" />
        ) : shown.length === 0 ? (
          <p>Nothing has been sent yet.</p>
        ) : (
          <Scroll label="Messages">
            <table className="stacked">
              <thead>
                <tr>
                  <th scope="col">What</th>
                  <th scope="col">From, to</th>
                  <th scope="col">Carries</th>
                  <th scope="col">State</th>
                  <th scope="col">Sent</th>
                  <th scope="col">Message</th>
                </tr>
              </thead>
              <tbody>
                {shown.map((message) => (
                  <MessageRow key={message.id} message={message} />
                ))}
              </tbody>
            </table>
          </Scroll>
        )}
      </Panel>
    </>
  );
}

function MessageRow({ message }: { message: TrackedMessage }) {
  const { mesh, chains, now } = useMesh();
  const home = chains.find(({ chain }) => chain === mesh.home)?.snapshot;
  const source = mesh.chains.find(({ name }) => name === message.source);
  const index = home ? sharesPerToken(home, now(mesh.home.name)) : 0n;
  const explorer = mesh.live
    ? `https://ccip.chain.link/msg/${message.id}`
    : source?.explorer && `${source.explorer}/tx/${message.message.transactionHash}`;
  return (
    <tr>
      <td data-label="What">{message.kind === "transfer" ? "Transfer" : "Broadcast"}</td>
      <td data-label="From, to">
        {chainLabel(message.source)} → {chainLabel(message.destination)}
      </td>
      <td data-label="Carries">
        {message.kind === "transfer" ? (
          <>
            <Tokens amount={toTokens(message.shares, index)} symbol={mesh.token.symbol} />
            <small>
              <Big value={message.shares} what="shares" /> shares
            </small>
          </>
        ) : (
          `epoch ${message.epoch ?? "unknown"}`
        )}
      </td>
      <td data-label="State">
        <Badge tone={TONES[message.state]}>{message.state}</Badge>
        {message.state !== "failed" && message.state !== "executed" && (
          <Steps state={message.state} />
        )}
        {message.settledAt !== undefined && (
          <small>after {duration(message.settledAt - message.sentAt)}</small>
        )}
        {message.reason && <small className="reason">{message.reason}</small>}
        {(message.state === "failed" || message.state === "committed") && (
          <RepairMessage message={message} />
        )}
      </td>
      <td data-label="Sent">
        <time dateTime={new Date(message.sentAt * 1_000).toISOString()}>
          {moment(message.sentAt)}
        </time>
      </td>
      <td data-label="Message">
        <Hash value={message.id} what="message id" href={explorer} />
      </td>
    </tr>
  );
}

function Steps({ state }: { state: MessageState }) {
  return (
    <ol className="steps">
      {STEPS.map((step) => (
        <li key={step} className={STEPS.indexOf(step) <= STEPS.indexOf(state) ? "reached" : ""}>
          {step}
        </li>
      ))}
    </ol>
  );
}
