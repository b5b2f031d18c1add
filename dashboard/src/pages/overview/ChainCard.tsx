import { all, failuresOf, knownOf, lastRead, map, match } from "../../model/reading";
import type { Reading } from "../../model/reading";

import { useMesh, useTick } from "../../data/mesh";
import type { ChainReading, SyncReading } from "../../data/mesh";
import type { Snapshot } from "../../data/snapshot";
import type { DeployedChain } from "../../deployments";
import { isPending, sharesPerToken, toTokens } from "../../model/indexState";
import { stateText } from "../../model/messages";
import {
  chainLabel,
  count,
  countdown,
  duration,
  growth,
  grouped,
  pinnedBlock,
  share,
} from "../../model/words";
import { GrowthIndex } from "../../ui/GrowthIndex";
import { Known } from "../../ui/Known";
import { Tokens } from "../../ui/kit";
import { ReceiverRows } from "./ReceiverRows";
import { Row } from "./Row";
import { StateBadge } from "./StateBadge";
import { TransfersBadge } from "./TransfersBadge";

/** Card of one chain: index, supply, sync status, last message. */
export function ChainCard({ reading }: { reading: ChainReading }) {
  const { satellites, now } = useMesh();
  useTick();
  const { chain, snapshot } = reading;
  const time = now(chain.name);
  const sync = satellites.find((item) => item.chain === chain);
  return (
    <section
      className={`chain${snapshot.state === "failed" ? " chain-silent" : ""}`}
      aria-label={chainLabel(chain.name)}
    >
      <header>
        <div>
          <h2>{chainLabel(chain.name)}</h2>
          <p className="role">{chain.role}</p>
        </div>
        <StateBadge snapshot={snapshot} lag={sync?.lag} />
      </header>
      {failuresOf(snapshot).map(({ since, reason }) => (
        <p className="silence" key={since}>
          Not read for {duration(Date.now() / 1_000 - since)}: {reason}.{" "}
          {lastRead(snapshot)
            ? "What is shown is as last read."
            : "It has not been read yet. The other chains are not affected."}
        </p>
      ))}
      <dl>
        <IndexRows snapshot={snapshot} time={time} />
        <SupplyRows snapshot={snapshot} time={time} />
        {sync && <SyncRow lag={sync.lag} />}
        {chain.contracts.receiver && <ReceiverRows snapshot={snapshot} time={time} />}
        <LastMessageRow chain={chain} />
        <Row name="Transfers">
          <Known reading={snapshot} saysAge={false}>
            {(state) => <TransfersBadge chain={chain} state={state} />}
          </Known>
        </Row>
      </dl>
      <p className="block num">
        {match(snapshot, {
          unread: () => "no block yet",
          read: ({ blockNumber, timestamp }) =>
            `block ${grouped(blockNumber)}, ${pinnedBlock(timestamp)}`,
          stale: ({ blockNumber, timestamp }) =>
            `as of block ${grouped(blockNumber)}, ${pinnedBlock(timestamp)}`,
        })}
      </p>
    </section>
  );
}

interface StateAt {
  readonly snapshot: Reading<Snapshot>;
  /** Chain time, unix seconds. */
  readonly time: number;
}

function IndexRows({ snapshot, time }: StateAt) {
  const isWaiting = lastRead(map(snapshot, (state) => isPending(state, time)))?.value;
  return (
    <>
      <Row name="Epoch">
        <Known reading={snapshot} saysAge={false}>
          {({ epoch }) => <strong className="num big">{epoch.toString()}</strong>}
        </Known>
      </Row>
      <Row name="Growth index">
        <Known reading={map(snapshot, (state) => sharesPerToken(state, time))} saysAge={false}>
          {(divisor) => <GrowthIndex sharesPerToken={divisor} />}
        </Known>
      </Row>
      <Row name={isWaiting ? "Takes effect" : "In effect since"}>
        <Known reading={snapshot} saysAge={false}>
          {(state) =>
            state.effectiveAt === 0n ? (
              "genesis"
            ) : isPending(state, time) ? (
              <span className="num">in {countdown(Number(state.effectiveAt) - time)}</span>
            ) : (
              <time dateTime={new Date(Number(state.effectiveAt) * 1_000).toISOString()}>
                {pinnedBlock(Number(state.effectiveAt))}
              </time>
            )
          }
        </Known>
      </Row>
    </>
  );
}

function SupplyRows({ snapshot, time }: StateAt) {
  const { mesh, chains } = useMesh();
  const whole = map(
    all(chains.map((item) => map(item.snapshot, ({ totalShares }) => totalShares))),
    (every) => every.reduce((sum, shares) => sum + shares, 0n),
  );
  return (
    <>
      <Row name="Supply">
        <Known reading={snapshot} saysAge={false}>
          {(state) => (
            <>
              <Tokens
                amount={toTokens(state.totalShares, sharesPerToken(state, time))}
                symbol={mesh.token.symbol}
              />
              {isPending(state, time) && (
                <small className="after">
                  then <Tokens amount={toTokens(state.totalShares, state.next)} /> (
                  {growth(state.current, state.next)})
                </small>
              )}
            </>
          )}
        </Known>
      </Row>
      <Row name="Share of all chains">
        <Known reading={all([snapshot, whole])}>
          {([{ totalShares }, every]) => <span className="num">{share(totalShares, every)}</span>}
        </Known>
      </Row>
    </>
  );
}

function SyncRow({ lag: reading }: Pick<SyncReading, "lag">) {
  return (
    <Row name="Sync status">
      <Known reading={reading}>
        {(lag) =>
          lag ? (
            <span>
              stale by {count(lag.epochs, "epoch")}
              {lag.seconds !== undefined && `, ${duration(lag.seconds)}`}: {lag.cause}
            </span>
          ) : (
            "synced"
          )
        }
      </Known>
    </Row>
  );
}

function LastMessageRow({ chain }: { chain: DeployedChain }) {
  const { messages, chains } = useMesh();
  // A message from an unread chain may be newer than all known ones.
  const last = map(all(chains.map(({ ledger }) => ledger)), () =>
    knownOf(messages).find(
      ({ source, destination }) => source === chain.name || destination === chain.name,
    ),
  );
  return (
    <Row name="Last message">
      <Known reading={last}>
        {(message) =>
          message ? (
            <a href="#/messages">
              {message.kind}{" "}
              {message.source === chain.name
                ? `to ${chainLabel(message.destination)}`
                : `from ${chainLabel(message.source)}`}
              , {stateText(message)}
            </a>
          ) : (
            "none yet"
          )
        }
      </Known>
    </Row>
  );
}
