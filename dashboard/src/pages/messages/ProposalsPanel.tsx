import { useState } from "react";

import { knownOf, lastRead, map } from "../../model/reading";

import { ownErrors, useMesh, useTick } from "../../data/mesh";
import type { MeshState } from "../../data/mesh";
import { proposalsIn, useStatesThere } from "../../data/proposals";
import { callText, progressOf } from "../../model/proposals";
import type { Progress, Proposal } from "../../model/proposals";
import { chainLabel, pinnedBlock } from "../../model/words";
import { FoldedTable, ShowMore } from "../../ui/FoldedTable";
import type { FoldedRow } from "../../ui/FoldedTable";
import { Known } from "../../ui/Known";
import { Badge, Copyable, Hash, Panel } from "../../ui/kit";

const COLUMNS = [
  { label: "To", staysInLine: true },
  { label: "Nonce" },
  { label: "Calls" },
  { label: "Progress", staysInLine: true },
  { label: "Proposed" },
  { label: "Operation" },
];
const PAGE = 10;

/** Shows the changes that home proposes to the timelocks of satellites, from sent to executed. */
export function ProposalsPanel() {
  const state = useMesh();
  useTick();
  const { mesh, chainOf, messages, now } = state;
  const [limit, setLimit] = useState(PAGE);
  const proposals = map(chainOf(mesh.home.name).ledger, ({ logs }) => proposalsIn(mesh, logs));
  const shown = (lastRead(proposals)?.value ?? []).slice(0, limit);
  const stateOf = useStatesThere(shown);
  const rows = shown.map((proposal) => {
    const { messageId, destination } = proposal;
    const message = knownOf(messages).find(({ id }) => id === messageId);
    const progress = progressOf(proposal, stateOf(proposal), message, now(destination.name));
    return rowOf(proposal, progress, state);
  });
  return (
    <Panel title="Proposals from home">
      <Known reading={proposals}>
        {(every) =>
          every.length === 0 ? (
            <p>None yet.</p>
          ) : (
            <>
              <FoldedTable label="Table of proposals" columns={COLUMNS} rows={rows} />
              <ShowMore shown={limit} total={every.length} onMore={() => setLimit(limit + PAGE)} />
            </>
          )
        }
      </Known>
    </Panel>
  );
}

function rowOf(
  proposal: Proposal,
  { tone, text, detail }: Progress,
  { mesh }: MeshState,
): FoldedRow {
  const { destination, nonce, calls, createdAt, id } = proposal;
  return {
    key: `${destination.name}${nonce}`,
    name: `proposal ${nonce} to ${chainLabel(destination.name)}`,
    lines: { Progress: <Badge tone={tone}>{text}</Badge> },
    cells: [
      chainLabel(destination.name),
      <span key="nonce" className="num">
        {nonce.toString()}
      </span>,
      <ul key="calls" className="plain">
        {calls.map((call, i) => (
          <li key={i}>
            <Copyable full={call.data} what="call data">
              {callText(call, destination, ownErrors(mesh))}
            </Copyable>
          </li>
        ))}
      </ul>,
      <>
        <Badge tone={tone}>{text}</Badge>
        {detail && <small>{detail}</small>}
      </>,
      <time key="when" dateTime={new Date(createdAt * 1_000).toISOString()}>
        {pinnedBlock(createdAt)}
      </time>,
      <Hash key="id" value={id} what="id of the operation" />,
    ],
  };
}
