import { all, map } from "../../model/reading";

import { useMesh } from "../../data/mesh";
import { useWrapped } from "../../data/wrapped";
import { sharesPerToken } from "../../model/indexState";
import { SHARES_PER_WRAPPED, worthOf } from "../../model/wrapped";
import { chainLabel, share } from "../../model/words";
import { GrowthIndex } from "../../ui/GrowthIndex";
import { Known } from "../../ui/Known";
import { Panel, Tokens } from "../../ui/kit";

/** Shows the wrapped units on each chain, their worth and their sum. */
export function WrappedSupply({ symbol }: { symbol: string }) {
  const { mesh, chains, chainOf, now } = useMesh();
  const indexOn = (name: string) =>
    map(chainOf(name).snapshot, (state) => sharesPerToken(state, now(name)));
  // A chain whose state is not read any more has no newer wrapped units either.
  const supplies = useWrapped().map(({ chain, wrapped }) => ({
    chain,
    both: all([wrapped, indexOn(chain.name)]),
  }));
  const total = map(all(supplies.map(({ both }) => map(both, ([wrapped]) => wrapped))), add);
  const shares = map(
    all(chains.map(({ snapshot }) => map(snapshot, ({ totalShares }) => totalShares))),
    add,
  );
  return (
    <Panel
      title="Wrapped supply"
      aside={
        <span>
          1 {symbol} ={" "}
          <Known reading={indexOn(mesh.home.name)}>
            {(index) => <GrowthIndex sharesPerToken={index} />}
          </Known>{" "}
          {mesh.token.symbol}
        </span>
      }
    >
      <dl className="sum">
        {supplies.map(({ chain, both }, i) => (
          <div key={chain.name}>
            <dt>
              {i > 0 && <span className="op">+</span>}
              {chainLabel(chain.name)}
            </dt>
            <dd>
              <Known reading={both}>{([amount]) => <Tokens amount={amount} />}</Known>
              <small>
                worth{" "}
                <Known reading={both} saysAge={false}>
                  {([amount, index]) => (
                    <Tokens amount={worthOf(amount, index)} symbol={mesh.token.symbol} />
                  )}
                </Known>
              </small>
            </dd>
          </div>
        ))}
        <div className="total">
          <dt>
            <span className="op">=</span>Wrapped on all chains
          </dt>
          <dd>
            <Known reading={total}>{(amount) => <Tokens amount={amount} symbol={symbol} />}</Known>
            <small>
              <Known reading={all([total, shares])} saysAge={false}>
                {([amount, every]) => (
                  <>{share(amount * SHARES_PER_WRAPPED, every)} of the shares on all chains</>
                )}
              </Known>
            </small>
          </dd>
        </div>
      </dl>
    </Panel>
  );
}

function add(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n);
}
