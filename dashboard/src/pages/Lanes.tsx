import { useMesh, useTick } from "../data/mesh";
import type { ChainReading } from "../data/mesh";
import { fillPercent, refillInWords, refilled } from "../model/lanes";
import { chainLabel, duration, tokens } from "../model/words";
import { Badge, Gauge, Panel, Scroll, Skeleton } from "../ui/kit";

/** What may cross from where to where, and how much of it now. */
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
  const [here, there] = [
    source.snapshot?.lanes.get(destination.chain.selector),
    destination.snapshot?.lanes.get(source.chain.selector),
  ];
  const name = `${chainLabel(source.chain.name)} to ${chainLabel(destination.chain.name)}`;
  if (!here || !source.snapshot) {
    return source.isSilent ? <Badge tone="muted">no answer</Badge> : <Skeleton width="10ch" />;
  }
  const outbound = refilled(here.outbound, now(source.chain.name) - source.snapshot.timestamp);
  const inbound =
    there && destination.snapshot
      ? refilled(there.inbound, now(destination.chain.name) - destination.snapshot.timestamp)
      : undefined;
  const isCursed = here.isCursed || (there?.isCursed ?? false);
  return (
    <div className="lane">
      {isCursed ? (
        <Badge tone="bad">cursed</Badge>
      ) : !here.isOpen || there?.isOpen === false ? (
        <Badge tone="muted">closed</Badge>
      ) : (
        <Badge tone="good">open</Badge>
      )}
      {isCursed && (
        <small>CCIP's risk management stopped it. Nothing is lost: wait until it is lifted.</small>
      )}
      {[["leaves", outbound, source] as const, ["arrives", inbound, destination] as const].map(
        ([side, bucket, end]) =>
          !bucket ? (
            <small key={side}>{end.isSilent ? `${side}: no answer` : `${side}: loading`}</small>
          ) : !bucket.isEnabled ? (
            <small key={side}>{side}: no limit</small>
          ) : (
            <div key={side} className="bucket">
              <Gauge
                percent={fillPercent(bucket)}
                label={`${name}, what ${side}: ${fillPercent(bucket)} % of the limit is free`}
              />
              <small className="num">
                {side} {tokens(bucket.tokens, "", 0)} of {tokens(bucket.capacity, "", 0)}
              </small>
              <small>
                {refillInWords(bucket)}; empty to full in{" "}
                {duration(Number(bucket.capacity / (bucket.rate || 1n)))}
              </small>
            </div>
          ),
      )}
    </div>
  );
}
