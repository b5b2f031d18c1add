import { useEffect, useState } from "react";

import { all, failuresOf, knownOf, lastRead, map, match } from "core/reading";
import type { Reading } from "core/reading";
import { laneOf, useMesh, useTick } from "../data/mesh";
import type { ChainReading, SyncReading } from "../data/mesh";
import type { Snapshot } from "../data/snapshot";
import type { DeployedChain } from "../deployments";
import { isPending, sharesPerToken, toTokens } from "../model/indexState";
import { stateText } from "../model/messages";
import { isConserved } from "../model/verdict";
import type { Conservation } from "../model/verdict";
import {
  chainLabel,
  count,
  countdown,
  duration,
  grouped,
  growth,
  pinnedBlock,
  joinNames,
  share,
  unknownUntil,
} from "../model/words";
import { Badge, Big, Copyable, Panel, Tokens } from "../ui/kit";
import { Known } from "../ui/Known";
import { ScanProgress } from "../ui/ScanProgress";

const TONES = { good: "✓", wait: "◷", bad: "!", unknown: "?" } as const;

/** Whether every chain is at the same epoch, within five seconds. */
export default function Overview() {
  const { verdict, chains, mesh, conservation } = useMesh();
  const isComplete = conservation.state === "read" && isConserved(conservation.value);
  const isWaiting = chains.every(({ snapshot }) => snapshot.state === "unread");
  return (
    <>
      <section
        className={`verdict verdict-${isWaiting ? "loading" : verdict.tone}`}
        aria-label="Verdict"
      >
        <span className="verdict-mark" aria-hidden="true">
          {isWaiting ? "…" : TONES[verdict.tone]}
        </span>
        <div role="status" aria-live="polite">
          <h1 tabIndex={-1}>{verdict.headline}</h1>
          {!isWaiting && verdict.details.map((line) => <p key={line}>{line}</p>)}
          {verdict.tone === "good" && (
            <p>
              {isComplete
                ? "The index is the same everywhere, and not one share is missing."
                : "The index is the same everywhere. Whether every share is accounted for is said below."}
            </p>
          )}
          <PendingLine />
        </div>
      </section>
      <ConservationPanel />
      <div className="chains">
        {chains.map((reading) => (
          <ChainCard key={reading.chain.name} reading={reading} />
        ))}
      </div>
      <p className="foot">
        Read from your browser, straight from the {count(mesh.chains.length, "chain")}. Any number
        can be clicked to copy it in full.
      </p>
    </>
  );
}

function PendingLine() {
  const { home, mesh, now } = useMesh();
  useTick();
  const state = lastRead(home)?.value;
  // That home was not read is said above, with its name.
  if (!state) return null;
  const time = now(mesh.home.name);
  if (!isPending(state, time)) return null;
  return (
    <p className="pending-line">
      A rebase of <strong className="num">{growth(state.current, state.next)}</strong> takes effect
      in{" "}
      <strong className="num" role="timer">
        {countdown(Number(state.effectiveAt) - time)}
      </strong>
      , at the same second on every chain that has this epoch by then.
      {home.state === "failed" && " So it was when home was last read."}
    </p>
  );
}

function ConservationPanel() {
  const { conservation, home, mesh, now } = useMesh();
  const isOff = conservation.state === "read" && !isConserved(conservation.value);
  const isPermanent = useLasting(isOff, mesh.live ? 60_000 : 20_000);
  const aside =
    conservation.state === "unread" ? (
      <Badge tone="muted">counting</Badge>
    ) : conservation.state === "failed" ? (
      <Badge tone="muted">{conservation.last ? "as last read" : "cannot be counted"}</Badge>
    ) : !isOff ? (
      <Badge tone="good">adds up to the unit</Badge>
    ) : isPermanent ? (
      <Badge tone="bad">does not add up</Badge>
    ) : (
      <Badge tone="wait">counting again</Badge>
    );
  return (
    <Panel title="Share supply" aside={aside}>
      {conservation.state !== "read" && <ScanProgress />}
      <Known
        reading={map(all([conservation, home]), ([sum, state]) => ({
          sum,
          index: sharesPerToken(state, now(mesh.home.name)),
        }))}
      >
        {({ sum, index }) => <SupplySum sum={sum} index={index} />}
      </Known>
    </Panel>
  );
}

function SupplySum({ sum, index }: { sum: Conservation; index: bigint }) {
  const { mesh } = useMesh();
  return (
    <>
      <dl className="sum">
        {sum.chains.map(({ chain, shares }, i) => (
          <div key={chain}>
            <dt>
              {i > 0 && <span className="op">+</span>}
              {chainLabel(chain)}
            </dt>
            <dd>
              <Tokens amount={toTokens(shares, index)} />
              <small>
                <Big value={shares} what="shares" /> shares
              </small>
            </dd>
          </div>
        ))}
        <div>
          <dt>
            <span className="op">+</span>In flight, {count(sum.inFlight.length, "message")}
          </dt>
          <dd>
            <Tokens amount={toTokens(sum.sharesInFlight, index)} />
            <small>
              <Big value={sum.sharesInFlight} what="shares" /> shares
            </small>
          </dd>
        </div>
        <div className="total">
          <dt>
            <span className="op">{sum.difference === 0n ? "=" : "≠"}</span>Issued at home
          </dt>
          <dd>
            <Tokens amount={toTokens(sum.issuedShares, index)} symbol={mesh.token.symbol} />
            <small>
              <Big value={sum.issuedShares} what="shares" /> shares
            </small>
          </dd>
        </div>
      </dl>
      {sum.undecodable.map(({ messageId, source, destination }) => (
        <p className="difference" key={messageId}>
          Nobody can tell how many shares{" "}
          <Copyable full={messageId} what="message id">
            <span className="num">{messageId.slice(0, 10)}…</span>
          </Copyable>{" "}
          carries from {chainLabel(source)} to {chainLabel(destination)}: they are not in the sum.
        </p>
      ))}
      {sum.difference !== 0n && (
        <p className="difference">
          Difference:{" "}
          <Copyable full={sum.difference.toString()} what="difference">
            <span className="num">{grouped(sum.difference)}</span>
          </Copyable>{" "}
          shares. While messages arrive the chains are read moments apart; it should be gone with
          the next reading. If it stays, an endpoint may have left out a message: run{" "}
          <code>supply audit</code> through other endpoints. If it stays there too, stop bridging
          and tell the operators.
        </p>
      )}
    </>
  );
}

/** Whether something has been true for a while: what two chains say a moment apart is no alarm. */
function useLasting(isTrue: boolean, milliseconds: number): boolean {
  const [isPermanent, setLasting] = useState(false);
  useEffect(() => {
    setLasting(false);
    if (!isTrue) return;
    const timer = setTimeout(() => setLasting(true), milliseconds);
    return () => clearTimeout(timer);
  }, [isTrue, milliseconds]);
  return isPermanent;
}

function ChainCard({ reading }: { reading: ChainReading }) {
  const { mesh, satellites, messages, chains, now } = useMesh();
  useTick();
  const { chain, snapshot } = reading;
  const label = chainLabel(chain.name);
  const time = now(chain.name);
  const sync = satellites.find((item) => item.chain === chain);
  const index = map(snapshot, (state) => sharesPerToken(state, time));
  const pending = map(snapshot, (state) => isPending(state, time));
  const whole = map(
    all(chains.map((item) => map(item.snapshot, ({ totalShares }) => totalShares))),
    (every) => every.reduce((sum, shares) => sum + shares, 0n),
  );
  const isOf = ({ source, destination }: { source: string; destination: string }) =>
    source === chain.name || destination === chain.name;
  // A message that an unread chain sent may be newer than every known one.
  const last = map(all(chains.map(({ ledger }) => ledger)), () => knownOf(messages).find(isOf));
  return (
    <section
      className={`chain${snapshot.state === "failed" ? " chain-silent" : ""}`}
      aria-label={label}
    >
      <header>
        <div>
          <h2>{label}</h2>
          <p className="role">{chain.role === "home" ? "home, decides" : "satellite, follows"}</p>
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
        <Row name="Epoch">
          <Known reading={snapshot} saysAge={false}>
            {({ epoch }) => <strong className="num big">{epoch.toString()}</strong>}
          </Known>
        </Row>
        <Row name="Index">
          <Known reading={index} saysAge={false}>
            {(value) => <Big value={value} what="index" />}
          </Known>
        </Row>
        <Row name={lastRead(pending)?.value ? "Takes effect" : "In effect since"}>
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
        {sync && (
          <Row name="Behind home">
            <Known reading={sync.lag}>
              {(lag) =>
                lag ? (
                  <span>
                    {count(lag.epochs, "epoch")}
                    {lag.seconds !== undefined && `, ${duration(lag.seconds)}`}: {lag.cause}
                  </span>
                ) : (
                  "not at all"
                )
              }
            </Known>
          </Row>
        )}
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
        <Row name="Transfers">
          <Known reading={snapshot} saysAge={false}>
            {(state) => <MovementBadge chain={chain} state={state} />}
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

/** Where a chain stands beside home. */
function StateBadge({
  snapshot,
  lag,
}: {
  snapshot: Reading<Snapshot>;
  /** Missing for home. */
  lag: SyncReading["lag"] | undefined;
}) {
  if (snapshot.state === "failed") return <Badge tone="muted">not answering</Badge>;
  return (
    <Known reading={snapshot}>
      {({ epoch }) =>
        epoch === 0n ? (
          <Badge tone="wait">unsynced</Badge>
        ) : !lag ? (
          <Badge tone="good">sets the index</Badge>
        ) : (
          <Known reading={lag} saysAge={false}>
            {(behind) =>
              behind ? (
                <Badge tone="wait">{count(behind.epochs, "epoch")} behind</Badge>
              ) : lag.state === "read" ? (
                <Badge tone="good">synced</Badge>
              ) : (
                <Badge tone="muted">synced when home was last read</Badge>
              )
            }
          </Known>
        )
      }
    </Known>
  );
}

/** Whether shares can move on a chain, and over its lanes. A curse at either end stops a lane. */
function MovementBadge({ chain, state }: { chain: DeployedChain; state: Snapshot }) {
  const { chains } = useMesh();
  const peers = chains.filter((item) => item.chain !== chain);
  const cursed = peers.filter(
    ({ chain: peer, snapshot: there }) =>
      laneOf(state.lanes, peer.selector).isCursed ||
      match(there, {
        unread: () => false,
        read: ({ lanes }) => laneOf(lanes, chain.selector).isCursed,
        stale: ({ lanes }) => laneOf(lanes, chain.selector).isCursed,
      }),
  );
  const unsure = peers.filter(({ snapshot: there }) => there.state !== "read");
  if (state.isPaused) return <Badge tone="bad">paused</Badge>;
  if (state.isCursed) return <Badge tone="bad">chain cursed</Badge>;
  return (
    <>
      {cursed.length > 0 ? (
        <Badge tone="bad">
          lane with {joinNames(cursed.map((item) => item.chain.name))} cursed
        </Badge>
      ) : unsure.length === 0 ? (
        <Badge tone="good">open, no curse</Badge>
      ) : (
        <Badge tone="muted">open here</Badge>
      )}
      {unsure.length > 0 && (
        <small className="unknown">
          {" "}
          a curse at the other end is {unknownUntil(unsure.map((item) => item.chain.name))}
        </small>
      )}
    </>
  );
}

function Row({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
