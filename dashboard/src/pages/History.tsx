import {
  CartesianGrid,
  Line,
  LineChart,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";

import { useState } from "react";

import { gather, knownOf, lastRead, map } from "core/reading";
import { useMesh } from "../data/mesh";
import type { DeployedChain } from "../deployments";
import { annualised, steps } from "../model/history";
import type { IndexChange, StepPoint } from "../model/history";
import { chainLabel, duration, growth, pinnedBlock, joinNames, tokens } from "../model/words";
import { FoldedTable, ShowMore } from "../ui/FoldedTable";
import { GrowthIndex } from "../ui/GrowthIndex";
import { Hash, Panel } from "../ui/kit";
import { Known } from "../ui/Known";
import { ScanProgress } from "../ui/ScanProgress";

/** Rows that are shown at first. */
const PAGE = 20;

const DASHES = ["0", "7 4", "2 4", "10 3 2 3"];

/** Page of the growth index on every chain, and of every rebase. */
export default function History() {
  const { mesh, chains, chainOf, now } = useMesh();
  const time = now(mesh.home.name);
  const lines = chains.map(({ chain, changes }) => ({ chain, points: map(changes, steps) }));
  const { changes } = chainOf(mesh.home.name);
  const home = map(changes, steps);
  const rebases = map(changes, (every) => [...every].sort((a, b) => Number(b.epoch - a.epoch)));
  return (
    <>
      <h1 tabIndex={-1}>History</h1>
      <p className="lead">Growth index by chain. Where the lines part, a chain was stale.</p>
      <ScanProgress />
      <Panel title="Growth index (1.0 at genesis)">
        <IndexChart
          lines={lines.flatMap(({ chain, points }, series) => {
            const last = lastRead(points);
            const readTo = points.state === "read" ? Infinity : (last?.at[0]?.time ?? 0);
            return last ? [{ chain, series, points: last.value, readTo }] : [];
          })}
          until={time}
        />
        <ul className="legend">
          {lines.map(({ chain, points }, i) => (
            <li key={chain.name}>
              <svg width="34" height="8" aria-hidden="true">
                <line
                  x1="0"
                  y1="4"
                  x2="34"
                  y2="4"
                  className={`series series-${i % 4}`}
                  strokeDasharray={DASHES[i % 4]}
                />
              </svg>
              {chainLabel(chain.name)} <Known reading={points}>{() => null}</Known>
            </li>
          ))}
        </ul>
      </Panel>
      <Panel title="Growth, scaled to a year">
        <dl className="figures">
          {[7, 30, 365].map((days) => (
            <div key={days}>
              <dt>Last {days} days</dt>
              <dd className="num">
                <Known reading={map(home, (points) => annualised(points, time, days))}>
                  {(points) =>
                    points === undefined ? (
                      <small>the history is younger</small>
                    ) : (
                      `${points >= 0 ? "+" : "−"}${(Math.abs(points) / 100).toFixed(2)} %`
                    )
                  }
                </Known>
              </dd>
            </div>
          ))}
        </dl>
      </Panel>
      <Panel title="Rebases">
        <Known reading={rebases}>{(every) => <RebaseTable rebases={every} />}</Known>
      </Panel>
    </>
  );
}

function RebaseTable({ rebases }: { rebases: readonly IndexChange[] }) {
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

/** Number of chains that are synced with a rebase, as far as that is known. */
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

/** Tells whether a chain has an epoch, or a newer one, which stands for it. */
function hasLearned(changes: readonly IndexChange[], epoch: bigint): boolean {
  return changes.some((change) => change.epoch >= epoch);
}

/** Time and transaction in which a chain was synced with a rebase. */
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

interface ChartLine {
  readonly chain: { readonly name: string };
  /** Index of its dashes and colour. */
  readonly series: number;
  readonly points: readonly StepPoint[];
  /** Until when it is known, unix seconds; endless while its chain answers. */
  readonly readTo: number;
}

/** One step line a chain, on one axis. */
function IndexChart({ lines, until }: { lines: readonly ChartLine[]; until: number }) {
  const times = [...new Set(lines.flatMap(({ points }) => points.map(({ time }) => time)))].sort(
    (a, b) => a - b,
  );
  const end = Math.max(until, (times.at(-1) ?? 0) + 60);
  const rows = [...times, end].map((time) => ({
    time,
    ...Object.fromEntries(
      lines.map(({ chain, points, readTo }) => {
        const point =
          time > readTo ? undefined : points.filter((candidate) => candidate.time <= time).at(-1);
        // The picture has a few hundred pixels; the table below has every digit.
        return [chain.name, point ? Number(point.growthIndex / 10n ** 9n) / 1e9 : null];
      }),
    ),
  }));
  const summary = lines
    .map(({ chain, points }) => {
      const newest = points.at(-1);
      return `${chainLabel(chain.name)}: ${newest ? tokens(newest.growthIndex, "", 6) : "nothing yet"}`;
    })
    .join("; ");
  return (
    <figure
      className="chart"
      role="img"
      aria-label={`Step chart. Now, ${summary}. The table below has every change.`}
    >
      <ResponsiveContainer width="100%" height={280}>
        <LineChart
          data={rows}
          margin={{ top: 12, right: 48, bottom: 4, left: 0 }}
          accessibilityLayer={false}
        >
          <CartesianGrid vertical={false} className="grid-lines" />
          <XAxis
            dataKey="time"
            type="number"
            scale="time"
            domain={["dataMin", "dataMax"]}
            tickFormatter={(value: number) =>
              new Date(value * 1_000).toLocaleString(undefined, {
                month: "short",
                day: "numeric",
                hour: "2-digit",
                minute: "2-digit",
                hourCycle: "h23",
              })
            }
            minTickGap={60}
            tickLine={false}
          />
          <YAxis
            width={58}
            domain={["auto", "auto"]}
            tickFormatter={(value: number) => value.toFixed(3)}
            tickLine={false}
            axisLine={false}
          />
          <Tooltip
            isAnimationActive={false}
            labelFormatter={(value) => pinnedBlock(Number(value))}
            formatter={(value, name) => [Number(value).toFixed(6), chainLabel(String(name))]}
          />
          {lines.map(({ chain, series }) => (
            <Line
              key={chain.name}
              className={`series series-${series % 4}`}
              type="stepAfter"
              dataKey={chain.name}
              stroke="currentColor"
              strokeWidth={Math.max(1, 3 - series * 0.6)}
              strokeDasharray={DASHES[series % 4] ?? "0"}
              dot={false}
              isAnimationActive={false}
            />
          ))}
        </LineChart>
      </ResponsiveContainer>
    </figure>
  );
}
