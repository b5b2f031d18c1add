import { lastRead, map } from "../model/reading";

import { useMesh } from "../data/mesh";
import { annualised, steps } from "../model/history";
import { Known } from "../ui/Known";
import { ScanProgress } from "../ui/ScanProgress";
import { Panel } from "../ui/kit";
import { IndexChart, Legend } from "./history/IndexChart";
import { RebaseTable } from "./history/RebaseTable";

/** Shows the growth index on every chain, and every rebase. */
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
        <Legend lines={lines} />
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
