import { useState } from "react";
import { encodeFunctionData, zeroAddress } from "viem";

import { formatGrowth } from "core/growth";

import { useMesh } from "../../data/mesh";
import { hex } from "../../deployments";
import { noChange, readChange } from "../../model/change";
import { duration, unknownUntil } from "../../model/words";
import { Notice } from "../../ui/kit";
import type { useTransactions } from "../../wallet/transactions";
import { cancellation, useControllerRules } from "./controller";

/** Functions that send an action on the pending rebase. */
export interface Sending extends Pick<ReturnType<typeof useTransactions>, "send" | "isBusy"> {
  /** The epoch that a replacement or a cancellation creates. */
  readonly newEpoch: number;
}

/** Form of the controller's admin, which replaces or cancels the pending rebase. */
export function ReplacePending({ newEpoch, send, isBusy }: Sending) {
  const { mesh } = useMesh();
  const [percent, setPercent] = useState("");
  const rules = useControllerRules();
  const config = rules.state === "read" ? rules.value : undefined;
  const { factor, mistake: typo } = readChange(percent, config);
  const mistake = config
    ? typo
    : `What one rebase may change is ${unknownUntil([mesh.home.name])}.`;
  const address = hex(mesh.home.contracts.controller ?? zeroAddress);
  return (
    <>
      <p>
        This account administers the controller: it may put another rebase in the place of the
        pending one, or cancel it. Either is a new epoch, which has to be broadcast; until a
        satellite hears of it, the pending one counts there when its time comes.
      </p>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (factor === undefined || mistake || !config) return;
          const data = encodeFunctionData({
            abi: mesh.own.controller,
            functionName: "replacePending",
            args: [factor, BigInt(config.delay), newEpoch],
          });
          void send(`replace the pending rebase by ${formatGrowth(factor)}`, () => [
            { chain: mesh.home, to: address, data },
          ]);
        }}
      >
        <label>
          Instead, change in percent
          <input
            inputMode="decimal"
            autoComplete="off"
            placeholder="0.5"
            value={percent}
            aria-describedby="replace-help"
            aria-invalid={mistake !== undefined}
            onChange={(event) => setPercent(event.target.value)}
          />
        </label>
        <div id="replace-help" className="help">
          {mistake && <Notice tone="wait">{mistake}</Notice>}
          {!mistake && noChange(factor) && <Notice tone="wait">{noChange(factor)}</Notice>}
          {config && (
            <small>It would take effect {duration(config.delay)} after it is mined.</small>
          )}
        </div>
        <button type="submit" disabled={factor === undefined || mistake !== undefined || isBusy}>
          Replace it
        </button>
        <button
          type="button"
          className="quiet"
          disabled={isBusy}
          onClick={() =>
            void send("cancel the pending rebase", () => [
              { chain: mesh.home, to: address, data: cancellation(mesh, newEpoch) },
            ])
          }
        >
          Cancel it
        </button>
      </form>
    </>
  );
}
