import { useState } from "react";
import type { CcipVersion } from "ccip-localnet/protocol";

import { knownOf, lastRead, map, match, missingOf } from "core/reading";
import type { Reading } from "core/reading";
import { useMesh } from "../data/mesh";
import type { MeshState } from "../data/mesh";
import type { MessageState, RefusedBroadcast, TrackedMessage } from "../model/messages";
import { sharesPerToken, toTokens } from "../model/indexState";
import { chainLabel, duration, pinnedBlock, tokens, unknownUntil } from "../model/words";
import { FoldedTable, ShowMore } from "../ui/FoldedTable";
import type { FoldedRow } from "../ui/FoldedTable";
import { Badge, Big, Hash, Panel, Skeleton, Tokens } from "../ui/kit";
import type { BadgeTone } from "../ui/kit";
import { Known } from "../ui/Known";
import { ScanProgress } from "../ui/ScanProgress";
import { RepairMessage } from "../wallet/RepairMessage";

const TONES: Record<MessageState, BadgeTone> = {
  sent: "wait",
  committed: "wait",
  verified: "wait",
  executed: "good",
  failed: "bad",
};
const STEPS: Readonly<Record<CcipVersion, readonly MessageState[]>> = {
  "1.6": ["sent", "committed", "executed"],
  "2.0": ["sent", "verified", "executed"],
};
const COLUMNS = [
  { label: "What" },
  { label: "From, to", staysInLine: true },
  { label: "Carries", staysInLine: true },
  { label: "State", staysInLine: true },
  { label: "Sent" },
  { label: "Message" },
];
const PAGE = 20;

type Entry = TrackedMessage | RefusedBroadcast;

const MISSING = "what is not there yet";

/** Filters by name; what is not known to have arrived counts as not arrived. */
const KINDS: Readonly<Record<string, (entry: Entry, epochOf: EpochOf) => boolean>> = {
  everything: () => true,
  [MISSING]: (entry, epochOf) => {
    if (entry.kind !== "refused") return lastRead(entry.state)?.value !== "executed";
    const epoch = lastRead(epochOf(entry.destination))?.value;
    return epoch === undefined || epoch < entry.epoch;
  },
  transfers: ({ kind }) => kind === "transfer",
  broadcasts: ({ kind }) => kind !== "transfer",
};

type EpochOf = (chain: string) => Reading<bigint>;

/** Transfers and broadcasts, from sent to executed. */
export default function Messages() {
  const state = useMesh();
  const { messages, refusals, chainOf, mesh } = state;
  const [kind, setKind] = useState("everything");
  const [limit, setLimit] = useState(PAGE);
  const isMeant = KINDS[kind] ?? (() => true);
  const epochOf: EpochOf = (name) => map(chainOf(name).snapshot, ({ epoch }) => epoch);
  const all = [...knownOf(messages), ...(lastRead(refusals)?.value ?? [])];
  const entries = all
    .filter((entry) => isMeant(entry, epochOf))
    .sort((a, b) => b.sentAt - a.sentAt);
  const failed = knownOf(messages).filter(
    (message) => lastRead(message.state)?.value === "failed",
  ).length;
  const unsure = [...new Set([...missingOf(messages), ...messages.failures.map((f) => f.source)])];
  return (
    <>
      <h1 tabIndex={-1}>Messages</h1>
      <p className="lead">
        Shares and index states on their way over CCIP. A failed message keeps what it carries until
        it is executed by hand, which is open to any account.
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
        {entries.length > 0 ? (
          <FoldedTable
            label="Table of messages"
            columns={COLUMNS}
            rows={entries
              .slice(0, limit)
              .map((entry) =>
                entry.kind === "refused" ? refusedRow(entry, state) : messageRow(entry, state),
              )}
          />
        ) : missingOf(messages).length === mesh.chains.length && messages.failures.length === 0 ? (
          <Skeleton width="30ch" />
        ) : unsure.length > 0 ? (
          <p className="unknown">
            {kind === MISSING ? "Whether everything has arrived" : "Whether there are any"} is{" "}
            {unknownUntil(unsure)}.
          </p>
        ) : (
          <p>{kind === MISSING ? "Everything has arrived." : "None yet."}</p>
        )}
        <ShowMore shown={limit} total={entries.length} onMore={() => setLimit(limit + PAGE)} />
      </Panel>
    </>
  );
}

function messageRow(message: TrackedMessage, { mesh, home, now }: MeshState): FoldedRow {
  const source = mesh.chains.find(({ name }) => name === message.source);
  const { shares } = message;
  const amount = map(home, (state) =>
    shares === undefined ? undefined : toTokens(shares, sharesPerToken(state, now(mesh.home.name))),
  );
  const explorer = mesh.live
    ? `https://ccip.chain.link/msg/${message.id}`
    : source?.explorer && `${source.explorer}/tx/${message.message.transactionHash}`;
  const isTransfer = message.kind === "transfer";
  return {
    key: message.id,
    name: `the ${message.kind} from ${chainLabel(message.source)} to ${chainLabel(message.destination)}, ${pinnedBlock(message.sentAt)}`,
    lines: {
      Carries: isTransfer && (
        <Known reading={amount} saysAge={false}>
          {(value) => (
            <span className="num">{value === undefined ? "unknown" : tokens(value)}</span>
          )}
        </Known>
      ),
      State: <StateBadge state={message.state} />,
    },
    cells: [
      isTransfer ? "Transfer" : "Broadcast",
      <Way key="way" entry={message} />,
      isTransfer ? (
        <>
          <Known reading={amount}>
            {(value) =>
              value === undefined ? (
                "an amount that cannot be decoded"
              ) : (
                <Tokens amount={value} symbol={mesh.token.symbol} />
              )
            }
          </Known>
          {shares !== undefined && (
            <small className="nowrap">
              <Big value={shares} what="shares" /> shares
            </small>
          )}
        </>
      ) : (
        `epoch ${message.epoch ?? "unknown"}`
      ),
      <>
        <StateBadge state={message.state} />
        <Known reading={message.state}>
          {(state) =>
            state === "executed" || state === "failed" ? null : (
              <Steps
                state={state}
                // Where nobody publishes what verifiers answer, nothing is told of it.
                steps={STEPS[message.message.version].filter(
                  (step) => step !== "verified" || mesh.publishesVerifications,
                )}
              />
            )
          }
        </Known>
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

/** State of a message; unknown where its destination was not read. */
function StateBadge({ state }: { state: Reading<MessageState> }) {
  return match(state, {
    unread: () => <Badge tone="muted">unknown</Badge>,
    read: (value) => <Badge tone={TONES[value]}>{value}</Badge>,
    stale: (value) => <Badge tone="muted">{value} when last read</Badge>,
  });
}

function refusedRow(refusal: RefusedBroadcast, { mesh }: MeshState): FoldedRow {
  const source = mesh.chains.find(({ name }) => name === refusal.source);
  return {
    key: `${refusal.transactionHash}${refusal.destination}`,
    name: `the broadcast to ${chainLabel(refusal.destination)} that not sent, ${pinnedBlock(refusal.sentAt)}`,
    lines: { State: <Badge tone="bad">not sent</Badge> },
    cells: [
      "Broadcast",
      <Way key="way" entry={refusal} />,
      `epoch ${refusal.epoch}`,
      <>
        <Badge tone="bad">not sent</Badge>
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
  return <time dateTime={new Date(time * 1_000).toISOString()}>{pinnedBlock(time)}</time>;
}

function Steps({ state, steps }: { state: MessageState; steps: readonly MessageState[] }) {
  const reached = steps.indexOf(state);
  return (
    <ol className="steps">
      {steps.map((step, i) => (
        <li key={step} className={i <= reached ? "reached" : ""}>
          {step}
          {i <= reached && <span className="sr-only">, done</span>}
        </li>
      ))}
    </ol>
  );
}
