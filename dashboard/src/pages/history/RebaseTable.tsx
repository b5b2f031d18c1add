import { useState } from "react";

import { gather, knownOf, map } from "../../model/reading";

import { useMesh } from "../../data/mesh";
import type { DeployedChain } from "../../deployments";
import type { IndexChange } from "../../model/history";
import { chainLabel, duration, growth, joinNames, pinnedBlock } from "../../model/words";
import { FoldedTable, ShowMore } from "../../ui/FoldedTable";
import { GrowthIndex } from "../../ui/GrowthIndex";
import { Known } from "../../ui/Known";
import { Hash } from "../../ui/kit";

/** Number of rows that are shown initially. */
const PAGE = 20;

/** Table of rebases, the newest first, with the chains that are synced with each. */
export function RebaseTable({ rebases }: { rebases: readonly IndexChange[] }) {
  const { mesh } = useMesh();
  const [limit, setLimit] = useState(PAGE);
  return (
    <>
      <FoldedTable
        label="Table of rebases"
        columns={[
          { label: "Epoch", staysInLine: true },
          { label: "Growth", staysInLine: true },
          { label: "Takes effect" },
          { label: "Growth index" },
          { label: "Synced", staysInLine: true },
        ]}
        rows={rebases.slice(0, limit).map((rebase) => ({
          key: rebase.epoch.toString(),
          name: `epoch ${rebase.epoch}`,
          cells: [
            <span key="epoch" className="num">
              {rebase.epoch.toString()}
            </span>,
            <span key="growth" className="num">
              {rebase.epoch === 1n ? "genesis" : growth(rebase.current, rebase.next)}
            </span>,
            rebase.effectiveAt === 0 ? "from the first block" : pinnedBlock(rebase.effectiveAt),
            <GrowthIndex key="index" sharesPerToken={rebase.next} />,
            <LearnedBy key="learned" rebase={rebase} />,
          ],
          details: () => (
            <dl className="details">
              {mesh.chains.map((chain) => (
                <div key={chain.name}>
                  <dt>{chainLabel(chain.name)}</dt>
                  <dd>
                    <Learned chain={chain} rebase={rebase} />
                  </dd>
                </div>
              ))}
            </dl>
          ),
        }))}
      />
      <ShowMore shown={limit} total={rebases.length} onMore={() => setLimit(limit + PAGE)} />
    </>
  );
}

/** Shows the number of chains that are synced with a rebase, as far as known. */
function LearnedBy({ rebase }: { rebase: IndexChange }) {
  const { chains } = useMesh();
  const known = gather(
    chains.map(({ changes }) => map(changes, (every) => hasLearned(every, rebase.epoch))),
    (every) => every.filter(Boolean).length,
  );
  return known.extent === "whole" ? (
    `${known.value} of ${chains.length} chains`
  ) : (
    <>
      {known.known} of {chains.length} chains
      <small className="unknown">
        {joinNames(known.missing)} {known.missing.length === 1 ? "is" : "are"} not read
      </small>
    </>
  );
}

/** Returns whether a chain has an epoch or a newer one, which replaces it. */
function hasLearned(changes: readonly IndexChange[], epoch: bigint): boolean {
  return changes.some((change) => change.epoch >= epoch);
}

/** Shows the time and transaction in which a chain was synced with a rebase. */
function Learned({ chain, rebase }: { chain: DeployedChain; rebase: IndexChange }) {
  const { mesh, chainOf, messages } = useMesh();
  const message = knownOf(messages).find(
    ({ kind, destination, epoch }) =>
      kind === "broadcast" && destination === chain.name && epoch === rebase.epoch,
  );
  return (
    <Known reading={chainOf(chain.name).changes}>
      {(changes) => {
        const learned = changes.find(({ epoch }) => epoch === rebase.epoch);
        if (!learned)
          return hasLearned(changes, rebase.epoch) ? "skipped, a newer one came first" : "not yet";
        return (
          <>
            <span>
              {chain === mesh.home
                ? "scheduled"
                : `after ${duration(learned.learnedAt - rebase.learnedAt)}`}
            </span>{" "}
            <Hash
              value={learned.transactionHash}
              what="transaction"
              href={chain.explorer && `${chain.explorer}/tx/${learned.transactionHash}`}
            />
            {mesh.live && message && (
              <a
                href={`https://ccip.chain.link/msg/${message.id}`}
                target="_blank"
                rel="noreferrer"
              >
                CCIP<span className="sr-only"> explorer, in a new tab</span>
              </a>
            )}
          </>
        );
      }}
    </Known>
  );
}
