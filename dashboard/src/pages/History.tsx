import {
  CartesianGrid,
  Line,
  LineChart,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";

import { useMesh } from "../data/mesh";
import type { DeployedChain } from "../deployments";
import { annualised, steps } from "../model/history";
import type { IndexChange, StepPoint } from "../model/history";
import { chainLabel, duration, growth, moment, tokens } from "../model/words";
import { Big, Hash, Panel, Skeleton, StackedTable } from "../ui/kit";
import { ScanProgress } from "../ui/ScanProgress";

const DASHES = ["0", "7 4", "2 4", "10 3 2 3"];

/** How the index went on every chain, and what each rebase did. */
export default function History() {
  const { mesh, changes, hasLogs, now } = useMesh();
  const time = now(mesh.home.name);
  const lines = mesh.chains.map((chain) => ({
    chain,
    points: steps(changes.filter((change) => change.chain === chain.name)),
  }));
  const home = lines.find(({ chain }) => chain === mesh.home)?.points ?? [];
  const rebases = changes
    .filter(({ chain }) => chain === mesh.home.name)
    .sort((a, b) => Number(b.epoch - a.epoch));
  return (
    <>
      <h1 tabIndex={-1}>History</h1>
      <p className="lead">
        What a token of the first day is worth now, chain by chain. Where the lines part, a chain
        was behind.
      </p>
      <ScanProgress />
      <Panel title="Worth of a first-day token">
        {!hasLogs && home.length === 0 ? (
          <Skeleton width="100%" />
        ) : (
          <IndexChart lines={lines} until={time} />
        )}
        <ul className="legend">
          {mesh.chains.map((chain, i) => (
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
              {chainLabel(chain.name)}
            </li>
          ))}
        </ul>
      </Panel>
      <Panel title="Growth, scaled to a year">
        <dl className="figures">
          {[7, 30, 365].map((days) => {
            const points = annualised(home, time, days);
            return (
              <div key={days}>
                <dt>Last {days} days</dt>
                <dd className="num">
                  {points === undefined ? (
                    <small>the history is younger</small>
                  ) : (
                    `${points >= 0 ? "+" : "−"}${(Math.abs(points) / 100).toFixed(2)} %`
                  )}
                </dd>
              </div>
            );
          })}
        </dl>
      </Panel>
      <Panel title="Rebases">
        <StackedTable
          label="Table of rebases"
          columns={[
            "Epoch",
            "Growth",
            "Takes effect",
            "Index from then on",
            ...mesh.chains.map(({ name }) => chainLabel(name)),
          ]}
          rows={rebases.map((rebase) => ({
            key: rebase.epoch.toString(),
            cells: [
              <span key="epoch" className="num">
                {rebase.epoch.toString()}
              </span>,
              <span key="growth" className="num">
                {rebase.epoch === 1n ? "genesis" : growth(rebase.current, rebase.next)}
              </span>,
              rebase.effectiveAt === 0 ? "from the first block" : moment(rebase.effectiveAt),
              <Big key="index" value={rebase.next} what="index" />,
              ...mesh.chains.map((chain) => (
                <Learned key={chain.name} chain={chain} rebase={rebase} />
              )),
            ],
          }))}
        />
      </Panel>
    </>
  );
}

/** When and in which transaction a chain learned of a rebase. */
function Learned({ chain, rebase }: { chain: DeployedChain; rebase: IndexChange }) {
  const { mesh, changes, messages } = useMesh();
  const own = changes.filter((change) => change.chain === chain.name);
  const learned = own.find(({ epoch }) => epoch === rebase.epoch);
  if (!learned) {
    return own.some(({ epoch }) => epoch > rebase.epoch)
      ? "skipped, a newer one came first"
      : "not yet";
  }
  const message = messages.find(
    ({ kind, destination, epoch }) =>
      kind === "broadcast" && destination === chain.name && epoch === rebase.epoch,
  );
  return (
    <>
      <span>
        {chain === mesh.home
          ? "decided"
          : `after ${duration(learned.learnedAt - rebase.learnedAt)}`}
      </span>
      <Hash
        value={learned.transactionHash}
        what="transaction"
        href={chain.explorer && `${chain.explorer}/tx/${learned.transactionHash}`}
      />
      {mesh.live && message && (
        <a href={`https://ccip.chain.link/msg/${message.id}`} target="_blank" rel="noreferrer">
          CCIP<span className="sr-only"> explorer, in a new tab</span>
        </a>
      )}
    </>
  );
}

interface ChartLine {
  readonly chain: { readonly name: string };
  readonly points: readonly StepPoint[];
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
      lines.map(({ chain, points }) => {
        const point = points.filter((candidate) => candidate.time <= time).at(-1);
        // The picture has a few hundred pixels; the table below has every digit.
        return [chain.name, point ? Number(point.worth / 10n ** 9n) / 1e9 : null];
      }),
    ),
  }));
  const summary = lines
    .map(
      ({ chain, points }) =>
        `${chainLabel(chain.name)}: ${points.length > 0 ? tokens(points.at(-1)?.worth ?? 0n, "", 6) : "nothing yet"}`,
    )
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
            labelFormatter={(value) => moment(Number(value))}
            formatter={(value, name) => [Number(value).toFixed(6), chainLabel(String(name))]}
          />
          {lines.map(({ chain }, i) => (
            <Line
              key={chain.name}
              className={`series series-${i % 4}`}
              type="stepAfter"
              dataKey={chain.name}
              stroke="currentColor"
              strokeWidth={3 - i * 0.6}
              strokeDasharray={DASHES[i % 4] ?? "0"}
              dot={false}
              isAnimationActive={false}
              connectNulls
            />
          ))}
        </LineChart>
      </ResponsiveContainer>
    </figure>
  );
}
