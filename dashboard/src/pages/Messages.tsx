import { useState } from "react";

import { knownOf, lastRead, map, missingOf } from "../model/reading";
import type { Reading } from "../model/reading";

import { useMesh } from "../data/mesh";
import type { RefusedBroadcast, TrackedMessage } from "../model/messages";
import { unknownUntil } from "../model/words";
import { FoldedTable, ShowMore } from "../ui/FoldedTable";
import { ScanProgress } from "../ui/ScanProgress";
import { Badge, Panel, Skeleton } from "../ui/kit";
import { ProposalsPanel } from "./messages/ProposalsPanel";
import { messageRow, refusedRow } from "./messages/rows";

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

/** Filters by name; a message whose arrival is unknown counts as not arrived. */
const KINDS: Readonly<Record<string, (entry: Entry, epochOf: EpochOf) => boolean>> = {
  everything: () => true,
  [MISSING]: (entry, epochOf) => {
    if (entry.kind !== "refused") return lastRead(entry.state)?.value !== "executed";
    const epoch = lastRead(epochOf(entry.destination))?.value;
    return epoch === undefined || epoch < entry.epoch;
  },
  transfers: ({ kind }) => kind === "transfer",
  broadcasts: ({ kind }) => kind === "broadcast" || kind === "refused",
};

type EpochOf = (chain: string) => Reading<bigint>;

/** Shows transfers and broadcasts, from sent to executed. */
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
      {mesh.home.contracts.proposalSender && <ProposalsPanel />}
    </>
  );
}
