import type { Hex } from "viem";

import { all, map } from "../../model/reading";

import { useMesh } from "../../data/mesh";
import { useWrapped } from "../../data/wrapped";
import { sharesPerToken } from "../../model/indexState";
import { worthOf } from "../../model/wrapped";
import { chainLabel } from "../../model/words";
import { GrowthIndex } from "../../ui/GrowthIndex";
import { Known } from "../../ui/Known";
import { Panel, StackedTable, Tokens } from "../../ui/kit";

/** Shows the wrapped units of an account on every chain, and the tokens that they are worth. */
export function WrappedBalances({ account, symbol }: { account: Hex; symbol: string }) {
  const { mesh, chainOf, now } = useMesh();
  const rows = useWrapped(account).map(({ chain, wrapped }) => {
    const index = map(chainOf(chain.name).snapshot, (state) =>
      sharesPerToken(state, now(chain.name)),
    );
    const both = all([wrapped, index]);
    return {
      key: chain.name,
      cells: [
        chainLabel(chain.name),
        <Known key="wrapped" reading={both}>
          {([amount]) => <Tokens amount={amount} symbol={symbol} decimals={6} />}
        </Known>,
        <Known key="rate" reading={index} saysAge={false}>
          {(divisor) => <GrowthIndex sharesPerToken={divisor} />}
        </Known>,
        <Known key="worth" reading={both} saysAge={false}>
          {([amount, divisor]) => (
            <Tokens amount={worthOf(amount, divisor)} symbol={mesh.token.symbol} decimals={6} />
          )}
        </Known>,
      ],
    };
  });
  return (
    <Panel title="Wrapped balances">
      <p>
        {mesh.wrapper?.name}: its amount stays, and what one unit is worth grows with the index. It
        is not in the sum above.
      </p>
      <StackedTable
        label="Table of wrapped balances"
        hasRowHeads
        columns={["Chain", "Wrapped", `${mesh.token.symbol} for one`, "Worth"]}
        rows={rows}
      />
    </Panel>
  );
}
