import { all, lastRead, map } from "../model/reading";
import type { Reading } from "../model/reading";
import { laneOf, useMesh, useTick } from "../data/mesh";
import type { ChainReading } from "../data/mesh";
import type { Bucket, LaneEnd } from "../data/snapshot";
import { fillPercent, refillText, refilled } from "../model/lanes";
import { chainLabel, duration, tokens } from "../model/words";
import { Badge, Gauge, Panel, Scroll } from "../ui/kit";
import { Known } from "../ui/Known";

/** Shows which lanes are open, and the current levels of their rate limits. */
export default function Lanes() {
  const { chains } = useMesh();
  return (
    <>
      <h1 tabIndex={-1}>Lanes</h1>
      <p className="lead">
        Every lane has a limit at both ends: a bucket that transfers drain and time refills. Rows
        send, columns receive.
      </p>
      <Panel title="From row to column">
        <Scroll label="Lanes from row to column">
          <table className="matrix stacked" role="table">
            <thead role="rowgroup">
              <tr role="row">
                <th scope="col" role="columnheader">
                  From <span aria-hidden="true">\</span> to
                </th>
                {chains.map(({ chain }) => (
                  <th key={chain.name} scope="col" role="columnheader">
                    {chainLabel(chain.name)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody role="rowgroup">
              {chains.map((source) => (
                <tr key={source.chain.name} role="row">
                  <th scope="row" role="rowheader" data-label="From">
                    {chainLabel(source.chain.name)}
                  </th>
                  {chains.map((destination) => (
                    <td
                      key={destination.chain.name}
                      role="cell"
                      className={source === destination ? "same" : ""}
                      data-label={`to ${chainLabel(destination.chain.name)}`}
                    >
                      {source === destination ? (
                        <span className="none" aria-label="same chain">
                          ·
                        </span>
                      ) : (
                        <LaneCell source={source} destination={destination} />
                      )}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      </Panel>
    </>
  );
}

function LaneCell({ source, destination }: { source: ChainReading; destination: ChainReading }) {
  const { now } = useMesh();
  useTick();
  const sideOf = ({ chain, snapshot }: ChainReading, peer: ChainReading): Reading<LaneSide> =>
    map(snapshot, ({ lanes, timestamp }) => ({
      end: laneOf(lanes, peer.chain.selector),
      // The last reading is not extrapolated while its chain does not answer.
      seconds: snapshot.state === "read" ? now(chain.name) - timestamp : 0,
    }));
  const here = sideOf(source, destination);
  const there = sideOf(destination, source);
  const name = `${chainLabel(source.chain.name)} to ${chainLabel(destination.chain.name)}`;
  return (
    <div className="lane">
      <LaneBadge here={here} there={there} />
      <BucketLine
        side="leaves"
        name={name}
        bucket={map(here, ({ end, seconds }) => refilled(end.outbound, seconds))}
      />
      <BucketLine
        side="arrives"
        name={name}
        bucket={map(there, ({ end, seconds }) => refilled(end.inbound, seconds))}
      />
    </div>
  );
}

interface LaneSide {
  readonly end: LaneEnd;
  /** Seconds since it was read. */
  readonly seconds: number;
}

/** Shows whether a lane is open: both ends must be open and not cursed. */
function LaneBadge({ here, there }: { here: Reading<LaneSide>; there: Reading<LaneSide> }) {
  const ends = [here, there].flatMap((side) => {
    const last = lastRead(side);
    return last ? [last.value.end] : [];
  });
  if (ends.some(({ isCursed }) => isCursed)) {
    return (
      <>
        <Badge tone="bad">cursed</Badge>
        <small>CCIP's risk management stopped it. Nothing is lost: wait until it is lifted.</small>
      </>
    );
  }
  if (ends.some(({ isOpen }) => !isOpen)) return <Badge tone="muted">closed</Badge>;
  return (
    <Known reading={all([here, there])}>
      {() =>
        here.state === "read" && there.state === "read" ? (
          <Badge tone="good">open</Badge>
        ) : (
          <Badge tone="muted">open</Badge>
        )
      }
    </Known>
  );
}

function BucketLine({
  side,
  name,
  bucket: reading,
}: {
  side: "leaves" | "arrives";
  name: string;
  bucket: Reading<Bucket>;
}) {
  return (
    <div className="bucket">
      <Known reading={reading} saysAge={false}>
        {(bucket) =>
          bucket.isEnabled ? (
            <>
              <Gauge
                percent={fillPercent(bucket)}
                label={`${name}, what ${side}: ${fillPercent(bucket)} % of the limit is free`}
              />
              <small className="num">
                {side} {tokens(bucket.tokens, "", 0)} of {tokens(bucket.capacity, "", 0)}
              </small>
              <small>
                {refillText(bucket)}
                {bucket.rate > 0n &&
                  `; empty to full in ${duration(Number(bucket.capacity / bucket.rate))}`}
              </small>
            </>
          ) : (
            <small>{side}: no limit</small>
          )
        }
      </Known>
    </div>
  );
}
