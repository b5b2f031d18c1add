import { useState } from "react";
import { encodeFunctionData, zeroAddress } from "viem";

import { formatGrowth, sharesPerTokenAfter } from "core/growth";
import { useMesh, useTick } from "../../data/mesh";
import { hex } from "../../deployments";
import { noChange, readChange } from "../../model/change";
import { issuedOf } from "../../data/snapshot";
import { isPending, sharesPerToken, toTokens } from "../../model/indexState";
import { countdown, duration, pinnedBlock, unknownUntil } from "../../model/words";
import { GrowthIndex } from "../../ui/GrowthIndex";
import { Notice, Panel, Tokens } from "../../ui/kit";
import { ProgressLine, useTransactions } from "../../wallet/transactions";
import { useControllerRules } from "./controller";

/** Schedules a rebase, for the operator. */
export function RebasePanel() {
  const { mesh, home: reading, now } = useMesh();
  useTick();
  const [percent, setPercent] = useState("");
  const { send, progress, isBusy } = useTransactions();
  const address = hex(mesh.home.contracts.controller ?? zeroAddress);
  const rules = useControllerRules();
  if (reading.state !== "read") {
    return (
      <Panel title="Rebase">
        <p className="unknown">
          Whether a rebase can be scheduled is {unknownUntil([mesh.home.name])}.
        </p>
        <ProgressLine progress={progress} />
      </Panel>
    );
  }
  const home = reading.value;
  const time = now(mesh.home.name);
  const index = sharesPerToken(home, time);
  const pending = isPending(home, time);
  const config = rules.state === "read" ? rules.value : undefined;
  const { factor, mistake: typo } = readChange(percent, config);
  let mistake = typo;
  const wait = config ? config.earliest - config.delay - time : 0;
  if (pending)
    mistake = `A rebase is pending: wait ${countdown(Number(home.effectiveAt) - time)} until it has taken effect.`;
  else if (wait > 0)
    mistake ??= `The last rebase is too recent: the next one may be scheduled in ${duration(wait)}, at ${pinnedBlock(time + wait)}.`;
  if (!config) mistake ??= `What one rebase may change is ${unknownUntil([mesh.home.name])}.`;
  const next = factor !== undefined && factor > 0n ? sharesPerTokenAfter(index, factor) : undefined;
  return (
    <Panel title="Rebase">
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (factor === undefined || mistake) return;
          const data = encodeFunctionData({
            abi: mesh.own.controller,
            functionName: "rebase",
            args: [factor, Number(home.epoch) + 1],
          });
          void send(`schedule a rebase of ${formatGrowth(factor)}`, () => [
            { chain: mesh.home, to: address, data },
          ]);
        }}
      >
        <label>
          Change in percent
          <input
            inputMode="decimal"
            autoComplete="off"
            placeholder="0.5"
            value={percent}
            aria-describedby="rebase-help"
            aria-invalid={mistake !== undefined && percent !== ""}
            onChange={(event) => setPercent(event.target.value)}
          />
        </label>
        <div id="rebase-help" className="help">
          {mistake && (percent !== "" || pending || wait > 0 || !config) && (
            <Notice tone="wait">{mistake}</Notice>
          )}
          {!mistake && noChange(factor) && <Notice tone="wait">{noChange(factor)}</Notice>}
          {next !== undefined && config && (
            <dl className="quote">
              <div>
                <dt>Issued, before and after</dt>
                <dd>
                  <Tokens amount={toTokens(issuedOf(home), index)} symbol={mesh.token.symbol} /> →{" "}
                  <Tokens amount={toTokens(issuedOf(home), next)} symbol={mesh.token.symbol} />
                </dd>
              </div>
              <div>
                <dt>Growth index, before and after</dt>
                <dd>
                  <GrowthIndex sharesPerToken={index} /> → <GrowthIndex sharesPerToken={next} />
                </dd>
              </div>
              <div>
                <dt>Takes effect</dt>
                <dd>
                  {duration(config.delay)} after it is mined, on every chain that has its epoch by
                  then
                </dd>
              </div>
            </dl>
          )}
        </div>
        <button type="submit" disabled={factor === undefined || mistake !== undefined || isBusy}>
          Schedule the rebase
        </button>
      </form>
      <ProgressLine progress={progress} />
    </Panel>
  );
}
