import { all } from "../../model/reading";

import { ownErrors, useMesh } from "../../data/mesh";
import { useEstimate } from "../../data/useEstimate";
import { explain } from "../../model/explain";
import { isPending, toTokens } from "../../model/indexState";
import { chainLabel, exactly } from "../../model/words";
import { Known } from "../../ui/Known";
import { Big, Skeleton, Tokens } from "../../ui/kit";
import type { useTransfer } from "./useTransfer";

/** Terms of a transfer: amount, receiver, fee, expected arrival. */
export function TransferQuote({ transfer }: { transfer: ReturnType<typeof useTransfer> }) {
  const { mesh } = useMesh();
  const { source, destination, amount, order, quote, shares, feeSymbol } = transfer;
  const estimate = useEstimate(source, destination);
  if (!order) return null;
  return (
    <dl className="quote">
      <div>
        <dt>Leaves {chainLabel(source.name)}</dt>
        <dd>
          <strong className="num">{exactly(amount, mesh.token.symbol)}</strong>
          <small>
            <Known reading={shares}>{(value) => <Big value={value} what="shares" />}</Known> shares
          </small>
        </dd>
      </div>
      <div>
        <dt>Goes to</dt>
        <dd className="num">
          {order.receiver} on {chainLabel(order.destination.name)}
        </dd>
      </div>
      <div>
        <dt>CCIP fee</dt>
        <dd>
          {quote.isError ? (
            explain(quote.error, ownErrors(mesh))
          ) : quote.data === undefined ? (
            <Skeleton />
          ) : (
            <Tokens amount={quote.data} symbol={feeSymbol} decimals={8} />
          )}
        </dd>
      </div>
      <div>
        <dt>Expected to arrive in</dt>
        <dd>{estimate ?? <Skeleton />}</dd>
      </div>
      <PendingThere transfer={transfer} />
    </dl>
  );
}

/** Shows the value of the shares after the destination's pending rebase takes effect. */
function PendingThere({
  transfer: { destination, shares },
}: {
  transfer: ReturnType<typeof useTransfer>;
}) {
  const { mesh, chainOf, now } = useMesh();
  if (!destination) return null;
  const { name } = destination;
  return (
    <Known reading={all([shares, chainOf(name).snapshot])}>
      {([carried, state]) =>
        isPending(state, now(name)) && (
          <div>
            <dt>If the pending rebase takes effect on the way</dt>
            <dd>
              it arrives as{" "}
              <Tokens
                amount={toTokens(carried, state.next)}
                symbol={mesh.token.symbol}
                decimals={6}
              />
            </dd>
          </div>
        )
      }
    </Known>
  );
}
