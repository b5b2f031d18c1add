import {
  CartesianGrid,
  Line,
  LineChart,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";

import type { Reading } from "../../model/reading";

import type { StepPoint } from "../../model/history";
import { chainLabel, pinnedBlock, tokens } from "../../model/words";
import { Known } from "../../ui/Known";

const DASHES = ["0", "7 4", "2 4", "10 3 2 3"];

/** Legend of the chart, with the age of outdated readings. */
export function Legend({
  lines,
}: {
  lines: readonly {
    readonly chain: { readonly name: string };
    readonly points: Reading<readonly StepPoint[]>;
  }[];
}) {
  return (
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
  );
}

interface ChartLine {
  readonly chain: { readonly name: string };
  /** Index of its dash pattern and colour. */
  readonly series: number;
  readonly points: readonly StepPoint[];
  /** Time up to which it is known, unix seconds; infinite while its chain answers. */
  readonly readTo: number;
}

/** Shows one step line per chain, on one axis. */
export function IndexChart({ lines, until }: { lines: readonly ChartLine[]; until: number }) {
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
        // The chart has a few hundred pixels; the table below has every digit.
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
