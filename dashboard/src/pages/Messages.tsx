import { useState } from "react";

import { useMesh } from "../data/mesh";
import type { MeshState } from "../data/mesh";
import type { MessageState, RefusedBroadcast, TrackedMessage } from "../model/messages";
import { sharesPerToken, toTokens } from "../model/indexState";
import { chainLabel, duration, moment } from "../model/words";
import { Badge, Big, Hash, Panel, Skeleton, StackedTable, Tokens } from "../ui/kit";
import type { BadgeTone, StackedRow } from "../ui/kit";
import { ScanProgress } from "../ui/ScanProgress";
import { RepairMessage } from "../wallet/RepairMessage";

const TONES: Record<MessageState, BadgeTone> = {
  sent: "wait",
  committed: "wait",
  executed: "good",
  failed: "bad",
};
const STEPS: readonly MessageState[] = ["sent", "committed", "executed"];
const COLUMNS = ["What", "From, to", "Carries", "State", "Sent", "Message"];
const PAGE = 50;

type Entry = TrackedMessage | RefusedBroadcast;

const MISSING = "what is not there yet";

/** What may be chosen, and whether it is meant; `epochOf` gives a chain's epoch. */
const KINDS: Readonly<
  Record<string, (entry: Entry, epochOf: (chain: string) => bigint) => boolean>
> = {
  everything: () => true,
  [MISSING]: (entry, epochOf) =>
    entry.kind === "refused"
      ? epochOf(entry.destination) < entry.epoch
      : entry.state !== "executed",
  transfers: ({ kind }) => kind === "transfer",
  broadcasts: ({ kind }) => kind !== "transfer",
};

/** Transfers and broadcasts, from sent to executed. */
export default function Messages() {
  const state = useMesh();
  const { messages, refusals, hasLogs, chains } = state;
  const [kind, setKind] = useState("everything");
  const [limit, setLimit] = useState(PAGE);
  const isMeant = KINDS[kind] ?? (() => true);
  const epochOf = (name: string) =>
    chains.find(({ chain }) => chain.name === name)?.snapshot?.epoch ?? 0n;
  const entries = [...messages, ...refusals]
    .filter((entry) => isMeant(entry, epochOf))
    .sort((a, b) => b.sentAt - a.sentAt);
  const failed = messages.filter((message) => message.state === "failed").length;
  return (
    <>
      <h1 tabIndex={-1}>Messages</h1>
      <p className="lead">
        Shares and index states on their way over CCIP. A message that failed keeps what it carries
        until somebody executes it by hand; anybody may.
      </p>
      <ScanProgress />
      <Panel
        title="All messages"
        aside={
          <>
            {failed > 0 && <Badge tone="bad">{failed} failed</Badge>}
            <label className="inline">
              Show{" "}
              <select
                value={kind}
                onChange={(event) => {
                  setKind(event.target.value);
                  setLimit(PAGE);
                }}
              >
                {Object.keys(KINDS).map((name) => (
                  <option key={name}>{name}</option>
                ))}
              </select>
            </label>
          </>
        }
      >
        {!hasLogs && messages.length === 0 ? (
          <Skeleton width="30ch" />
        ) : entries.length === 0 ? (
          <p>{kind === MISSING ? "Everything has arrived." : "None yet."}</p>
        ) : (
          <StackedTable
            label="Table of messages"
            columns={COLUMNS}
            rows={entries
              .slice(0, limit)
              .map((entry) =>
                entry.kind === "refused" ? refusedRow(entry, state) : messageRow(entry, state),
              )}
          />
        )}
        {entries.length > limit && (
          <button type="button" className="quiet" onClick={() => setLimit(limit + PAGE)}>
            Show older ones, {entries.length - limit} are left
          </button>
        )}
      </Panel>
    </>
  );
}

function messageRow(message: TrackedMessage, { mesh, chains, now }: MeshState): StackedRow {
  const home = chains.find(({ chain }) => chain === mesh.home)?.snapshot;
  const source = mesh.chains.find(({ name }) => name === message.source);
  const index = home ? sharesPerToken(home, now(mesh.home.name)) : 0n;
  const explorer = mesh.live
    ? `https://ccip.chain.link/msg/${message.id}`
    : source?.explorer && `${source.explorer}/tx/${message.message.transactionHash}`;
  return {
    key: message.id,
    cells: [
      message.kind === "transfer" ? "Transfer" : "Broadcast",
      <Way key="way" entry={message} />,
      message.kind === "transfer" ? (
        <>
          <Tokens amount={toTokens(message.shares, index)} symbol={mesh.token.symbol} />
          <small className="nowrap">
            <Big value={message.shares} what="shares" /> shares
          </small>
        </>
      ) : (
        `epoch ${message.epoch ?? "unknown"}`
      ),
      <>
        <Badge tone={TONES[message.state]}>{message.state}</Badge>
        {message.state !== "failed" && message.state !== "executed" && (
          <Steps state={message.state} />
        )}
        {message.settledAt !== undefined && (
          <small>after {duration(message.settledAt - message.sentAt)}</small>
        )}
        {message.reason && <small className="reason">{message.reason}</small>}
        <RepairMessage message={message} />
      </>,
      <When key="when" time={message.sentAt} />,
      <Hash key="id" value={message.id} what="message id" href={explorer} />,
    ],
  };
}

function refusedRow(refusal: RefusedBroadcast, { mesh }: MeshState): StackedRow {
  const source = mesh.chains.find(({ name }) => name === refusal.source);
  return {
    key: `${refusal.transactionHash}${refusal.destination}`,
    cells: [
      "Broadcast",
      <Way key="way" entry={refusal} />,
      `epoch ${refusal.epoch}`,
      <>
        <Badge tone="bad">never left</Badge>
        <small className="reason">{refusal.reason}</small>
        <RepairMessage message={refusal} />
      </>,
      <When key="when" time={refusal.sentAt} />,
      <>
        <small>its transaction</small>
        <Hash
          value={refusal.transactionHash}
          what="transaction"
          href={source?.explorer && `${source.explorer}/tx/${refusal.transactionHash}`}
        />
      </>,
    ],
  };
}

function Way({ entry }: { entry: Entry }) {
  return (
    <>
      {chainLabel(entry.source)} <span aria-hidden="true">→</span>
      <span className="sr-only">to</span> {chainLabel(entry.destination)}
    </>
  );
}

function When({ time }: { time: number }) {
  return <time dateTime={new Date(time * 1_000).toISOString()}>{moment(time)}</time>;
}

function Steps({ state }: { state: MessageState }) {
  return (
    <ol className="steps">
      {STEPS.map((step) => (
        <li key={step} className={STEPS.indexOf(step) <= STEPS.indexOf(state) ? "reached" : ""}>
          {step}
          {STEPS.indexOf(step) <= STEPS.indexOf(state) && <span className="sr-only">, done</span>}
        </li>
      ))}
    </ol>
  );
}
