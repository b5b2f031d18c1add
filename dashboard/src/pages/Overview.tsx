import { useEffect, useState } from "react";

import { useMesh, useTick } from "../data/mesh";
import type { ChainReading } from "../data/mesh";
import { isPending, sharesPerToken, toTokens } from "../model/indexState";
import {
  chainLabel,
  count,
  countdown,
  duration,
  grouped,
  growth,
  moment,
  share,
} from "../model/words";
import { isConserved } from "../model/verdict";
import { Badge, Big, Copyable, Panel, Skeleton, Tokens } from "../ui/kit";
import { ScanProgress } from "../ui/ScanProgress";

const TONES = { good: "✓", wait: "◷", bad: "!", unknown: "?" } as const;

/** Whether every chain tells the same, within five seconds. */
export default function Overview() {
  const { verdict, chains, mesh, conservation } = useMesh();
  return (
    <>
      <section className={`verdict verdict-${verdict?.tone ?? "loading"}`} aria-label="Verdict">
        <span className="verdict-mark" aria-hidden="true">
          {verdict ? TONES[verdict.tone] : "…"}
        </span>
        <div role="status" aria-live="polite">
          <h1 tabIndex={-1}>{verdict?.headline ?? "Asking every chain…"}</h1>
          {verdict?.details.map((line) => (
            <p key={line}>{line}</p>
          ))}
          {verdict?.tone === "good" && conservation && isConserved(conservation) && (
            <p>They agree: the same index everywhere, and not one share is missing.</p>
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
  const { chains, mesh, now } = useMesh();
  useTick();
  const home = chains.find(({ chain }) => chain === mesh.home)?.snapshot;
  if (!home) return null;
  const time = now(mesh.home.name);
  if (!isPending(home, time)) return null;
  return (
    <p className="pending-line">
      A rebase of <strong className="num">{growth(home.current, home.next)}</strong> takes effect in{" "}
      <strong className="num" role="timer">
        {countdown(Number(home.effectiveAt) - time)}
      </strong>
      , at the same second on every chain that has heard of it.
    </p>
  );
}

function ConservationPanel() {
  const { conservation, chains, mesh, now } = useMesh();
  const silent = chains.filter(({ isSilent }) => isSilent);
  const home = chains.find(({ chain }) => chain === mesh.home)?.snapshot;
  const index = home ? sharesPerToken(home, now(mesh.home.name)) : 0n;
  const isOff = conservation !== undefined && !isConserved(conservation);
  const isLasting = useLasting(isOff, mesh.live ? 60_000 : 20_000);
  const aside =
    silent.length > 0 ? (
      <Badge tone="muted">as last read</Badge>
    ) : !conservation ? (
      <Badge tone="muted">counting</Badge>
    ) : !isOff ? (
      <Badge tone="good">adds up to the unit</Badge>
    ) : isLasting ? (
      <Badge tone="bad">does not add up</Badge>
    ) : (
      <Badge tone="wait">counting again</Badge>
    );
  return (
    <Panel title="Every share, counted" aside={aside}>
      {!conservation ? (
        <>
          <p>
            <Skeleton width="28ch" />
          </p>
          <ScanProgress />
        </>
      ) : (
        <>
          <dl className="sum">
            {conservation.chains.map(({ chain, shares }, i) => (
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
                <span className="op">+</span>In flight,{" "}
                {count(conservation.inFlight.length, "message")}
              </dt>
              <dd>
                <Tokens amount={toTokens(conservation.sharesInFlight, index)} />
                <small>
                  <Big value={conservation.sharesInFlight} what="shares" /> shares
                </small>
              </dd>
            </div>
            <div className="total">
              <dt>
                <span className="op">{conservation.difference === 0n ? "=" : "≠"}</span>Issued at
                home
              </dt>
              <dd>
                <Tokens
                  amount={toTokens(conservation.issuedShares, index)}
                  symbol={mesh.token.symbol}
                />
                <small>
                  <Big value={conservation.issuedShares} what="shares" /> shares
                </small>
              </dd>
            </div>
          </dl>
          {conservation.undecodable.map(({ messageId, source, destination }) => (
            <p className="difference" key={messageId}>
              Nobody can tell how many shares{" "}
              <Copyable full={messageId} what="message id">
                <span className="num">{messageId.slice(0, 10)}…</span>
              </Copyable>{" "}
              carries from {chainLabel(source)} to {chainLabel(destination)}: they are not in the
              sum.
            </p>
          ))}
          {conservation.difference !== 0n && (
            <p className="difference">
              Difference:{" "}
              <Copyable full={conservation.difference.toString()} what="difference">
                <span className="num">{grouped(conservation.difference)}</span>
              </Copyable>{" "}
              shares. While messages arrive the chains are read moments apart; it should be gone
              with the next reading. If it stays, stop bridging and tell the operators.
            </p>
          )}
        </>
      )}
    </Panel>
  );
}

/** Whether something has been true for a while: what two chains say a moment apart is no alarm. */
function useLasting(isTrue: boolean, milliseconds: number): boolean {
  const [isLasting, setLasting] = useState(false);
  useEffect(() => {
    setLasting(false);
    if (!isTrue) return;
    const timer = setTimeout(() => setLasting(true), milliseconds);
    return () => clearTimeout(timer);
  }, [isTrue, milliseconds]);
  return isLasting;
}

function ChainCard({ reading }: { reading: ChainReading }) {
  const { mesh, lags, messages, chains, now } = useMesh();
  useTick();
  const { chain, snapshot, isSilent, answeredAt } = reading;
  const label = chainLabel(chain.name);
  const time = now(chain.name);
  const lag = lags.find((item) => item.chain === chain.name);
  const last = messages.find(
    (message) => message.source === chain.name || message.destination === chain.name,
  );
  const whole = chains.reduce((sum, item) => sum + (item.snapshot?.totalShares ?? 0n), 0n);
  const index = snapshot ? sharesPerToken(snapshot, time) : 0n;
  const pending = snapshot !== undefined && isPending(snapshot, time);
  // A curse at either end stops a lane.
  const cursedPeers = chains.flatMap(({ chain: peer, snapshot: there }) =>
    snapshot?.lanes.get(peer.selector)?.isCursed || there?.lanes.get(chain.selector)?.isCursed
      ? [peer]
      : [],
  );
  return (
    <section className={`chain${isSilent ? " chain-silent" : ""}`} aria-label={label}>
      <header>
        <div>
          <h2>{label}</h2>
          <p className="role">{chain.role === "home" ? "home, decides" : "satellite, follows"}</p>
        </div>
        {isSilent ? (
          <Badge tone="muted">no answer</Badge>
        ) : !snapshot ? (
          <Skeleton />
        ) : snapshot.epoch === 0n ? (
          <Badge tone="wait">unsynced</Badge>
        ) : lag ? (
          <Badge tone="wait">{count(lag.epochs, "epoch")} behind</Badge>
        ) : (
          <Badge tone="good">{chain.role === "home" ? "sets the index" : "agrees"}</Badge>
        )}
      </header>
      {isSilent && (
        <p className="silence">
          {answeredAt > 0
            ? `Last answer ${duration((Date.now() - answeredAt) / 1_000)} ago, at ${moment(answeredAt / 1_000)}. What is shown is from then.`
            : "It has not answered yet. The other chains are not affected."}
        </p>
      )}
      <dl>
        <Row name="Epoch">
          {snapshot ? (
            <strong className="num big">{snapshot.epoch.toString()}</strong>
          ) : (
            <Skeleton width="3ch" />
          )}
        </Row>
        <Row name="Index">{snapshot ? <Big value={index} what="index" /> : <Skeleton />}</Row>
        <Row name={pending ? "Takes effect" : "In effect since"}>
          {!snapshot ? (
            <Skeleton />
          ) : snapshot.effectiveAt === 0n ? (
            "genesis"
          ) : pending ? (
            <span className="num">in {countdown(Number(snapshot.effectiveAt) - time)}</span>
          ) : (
            <time dateTime={new Date(Number(snapshot.effectiveAt) * 1_000).toISOString()}>
              {moment(Number(snapshot.effectiveAt))}
            </time>
          )}
        </Row>
        <Row name="Supply">
          {snapshot ? (
            <>
              <Tokens amount={toTokens(snapshot.totalShares, index)} symbol={mesh.token.symbol} />
              {pending && (
                <small className="after">
                  then <Tokens amount={toTokens(snapshot.totalShares, snapshot.next)} /> (
                  {growth(snapshot.current, snapshot.next)})
                </small>
              )}
            </>
          ) : (
            <Skeleton />
          )}
        </Row>
        <Row name="Share of all chains">
          {snapshot ? (
            <span className="num">{share(snapshot.totalShares, whole)}</span>
          ) : (
            <Skeleton />
          )}
        </Row>
        {chain.role === "satellite" && (
          <Row name="Behind home">
            {!snapshot ? (
              <Skeleton />
            ) : lag ? (
              <span>
                {count(lag.epochs, "epoch")}
                {lag.seconds !== undefined && `, ${duration(lag.seconds)}`}: {lag.cause}
              </span>
            ) : (
              "not at all"
            )}
          </Row>
        )}
        <Row name="Last message">
          {last ? (
            <a href="#/messages">
              {last.kind}{" "}
              {last.source === chain.name
                ? `to ${chainLabel(last.destination)}`
                : `from ${chainLabel(last.source)}`}
              , {last.state}
            </a>
          ) : reading.ledger ? (
            "none yet"
          ) : (
            <Skeleton />
          )}
        </Row>
        <Row name="Movement">
          {!snapshot ? (
            <Skeleton />
          ) : snapshot.isPaused ? (
            <Badge tone="bad">paused</Badge>
          ) : snapshot.isCursed ? (
            <Badge tone="bad">chain cursed</Badge>
          ) : cursedPeers.length > 0 ? (
            <Badge tone="bad">
              lane with {cursedPeers.map(({ name }) => chainLabel(name)).join(", ")} cursed
            </Badge>
          ) : (
            <Badge tone="good">open, no curse</Badge>
          )}
        </Row>
      </dl>
      <p className="block num">
        {snapshot
          ? `block ${grouped(snapshot.blockNumber)}, ${moment(snapshot.timestamp)}`
          : "no block yet"}
      </p>
    </section>
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
