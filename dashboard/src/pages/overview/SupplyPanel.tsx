import { useEffect, useState } from "react";

import { all, map } from "../../model/reading";

import { useMesh } from "../../data/mesh";
import { sharesPerToken, toTokens } from "../../model/indexState";
import { isConserved } from "../../model/health";
import type { Conservation } from "../../model/health";
import { chainLabel, count, grouped } from "../../model/words";
import { Known } from "../../ui/Known";
import { ScanProgress } from "../../ui/ScanProgress";
import { Badge, Big, Copyable, Panel, Tokens } from "../../ui/kit";

/** Shows the sum of all shares, on chains and in flight, compared with those that home has issued. */
export function SupplyPanel() {
  const { conservation, home, mesh, now } = useMesh();
  const isOff = conservation.state === "read" && !isConserved(conservation.value);
  const isPermanent = usePermanent(isOff, mesh.live ? 60_000 : 20_000);
  const aside =
    conservation.state === "unread" ? (
      <Badge tone="muted">counting</Badge>
    ) : conservation.state === "failed" ? (
      <Badge tone="muted">{conservation.last ? "as last read" : "cannot be counted"}</Badge>
    ) : !isOff ? (
      <Badge tone="good">adds up exactly</Badge>
    ) : isPermanent ? (
      <Badge tone="bad">does not add up</Badge>
    ) : (
      <Badge tone="wait">counted again</Badge>
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
          The shares of the message{" "}
          <Copyable full={messageId} what="message id">
            <span className="num">{messageId.slice(0, 10)}…</span>
          </Copyable>{" "}
          from {chainLabel(source)} to {chainLabel(destination)} cannot be decoded: they are not in
          the sum.
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

/** Returns whether a condition has held for a while: chains are read at slightly different times. */
function usePermanent(isTrue: boolean, milliseconds: number): boolean {
  const [isPermanent, setPermanent] = useState(false);
  useEffect(() => {
    setPermanent(false);
    if (!isTrue) return;
    const timer = setTimeout(() => setPermanent(true), milliseconds);
    return () => clearTimeout(timer);
  }, [isTrue, milliseconds]);
  return isPermanent;
}
