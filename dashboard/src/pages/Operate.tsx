import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { encodeFunctionData, zeroAddress } from "viem";

import { formatGrowth, growthFactor, sharesPerTokenAfter } from "../../../lib/rebase/growth";
import { clientOf } from "../data/client";
import { useMesh, useTick } from "../data/mesh";
import { hex } from "../deployments";
import { isPending, sharesPerToken, toTokens } from "../model/indexState";
import { lagInWords } from "../model/verdict";
import { chainLabel, countdown, duration, moment, tokens } from "../model/words";
import { Badge, Big, Notice, Panel, Tokens } from "../ui/kit";
import { ProgressLine, useAccountAddress, useRoles, useTransactions } from "../wallet/wallet";

/** What role holders do, and the broadcast that anyone may pay for. */
export default function Operate() {
  const account = useAccountAddress();
  const roles = useRoles();
  return (
    <>
      <h1 tabIndex={-1}>Operate</h1>
      {!account ? (
        <p className="lead">
          Connect a wallet. A broadcast is open to anyone who pays; the rest is shown to those who
          hold the role.
        </p>
      ) : (
        <>
          {roles?.isOperator && <RebasePanel />}
          <BroadcastPanel />
          {roles && (roles.pauses.length > 0 || roles.unpauses.length > 0) && (
            <PausePanel pauses={roles.pauses} unpauses={roles.unpauses} />
          )}
          {roles &&
            !roles.isOperator &&
            roles.pauses.length === 0 &&
            roles.unpauses.length === 0 && (
              <p className="foot">
                This account holds no role of the token: it can broadcast, and nothing else here.
              </p>
            )}
        </>
      )}
    </>
  );
}

function RebasePanel() {
  const { mesh, chains, now } = useMesh();
  useTick();
  const [percent, setPercent] = useState("");
  const { send, progress, isBusy } = useTransactions();
  const home = chains.find(({ chain }) => chain === mesh.home)?.snapshot;
  const address = hex(mesh.home.contracts.controller ?? zeroAddress);
  const rules = useQuery({
    queryKey: ["controller", home?.epoch.toString()],
    queryFn: async () => {
      const contract = { address, abi: mesh.own.controller } as const;
      const client = clientOf(mesh.home);
      const [config, earliest] = await Promise.all([
        client.readContract({ ...contract, functionName: "getConfig" }),
        client.readContract({ ...contract, functionName: "earliestEffectiveAt" }),
      ]);
      return { config, earliest: Number(earliest) };
    },
  });
  if (!home) return null;
  const time = now(mesh.home.name);
  const index = sharesPerToken(home, time);
  const pending = isPending(home, time);
  let factor: bigint | undefined;
  let mistake: string | undefined;
  try {
    if (percent !== "") factor = growthFactor(percent.trim().replace("−", "-").replace(/^\+/, ""));
  } catch (error) {
    mistake = error instanceof Error ? error.message : String(error);
  }
  const config = rules.data?.config;
  if (
    factor !== undefined &&
    config &&
    (factor < config.minGrowthFactor || factor > config.maxGrowthFactor)
  ) {
    mistake = `One rebase may change balances by ${formatGrowth(config.minGrowthFactor)} to ${formatGrowth(config.maxGrowthFactor)}: choose a change between them.`;
  }
  const wait = config && rules.data ? rules.data.earliest - config.delay - time : 0;
  if (pending)
    mistake = `A rebase is pending: wait ${countdown(Number(home.effectiveAt) - time)} until it has taken effect.`;
  else if (wait > 0)
    mistake ??= `The last rebase is too recent: the next one may be scheduled in ${duration(wait)}, at ${moment(rules.data ? time + wait : 0)}.`;
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
            args: [factor],
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
          {mistake && (percent !== "" || pending || wait > 0) && (
            <Notice tone="wait">{mistake}</Notice>
          )}
          {next !== undefined && config && (
            <dl className="quote">
              <div>
                <dt>Issued, before and after</dt>
                <dd>
                  <Tokens
                    amount={toTokens(home.issuedShares ?? 0n, index)}
                    symbol={mesh.token.symbol}
                  />{" "}
                  →{" "}
                  <Tokens
                    amount={toTokens(home.issuedShares ?? 0n, next)}
                    symbol={mesh.token.symbol}
                  />
                </dd>
              </div>
              <div>
                <dt>Index, before and after</dt>
                <dd>
                  <Big value={index} what="index before" /> →{" "}
                  <Big value={next} what="index after" />
                </dd>
              </div>
              <div>
                <dt>Takes effect</dt>
                <dd>
                  {duration(config.delay)} after it is mined, on every chain that has heard of it by
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

function BroadcastPanel() {
  const { mesh, lags, chains } = useMesh();
  const { send, progress, isBusy } = useTransactions();
  const home = chains.find(({ chain }) => chain === mesh.home)?.snapshot;
  const address = hex(mesh.home.contracts.broadcaster ?? zeroAddress);
  const behind = mesh.satellites.filter(({ name }) => lags.some(({ chain }) => chain === name));
  const chosen = behind.length > 0 ? behind : mesh.satellites;
  const selectors = chosen.map(({ selector }) => selector);
  const readQuote = async () => {
    const [total, fees] = await clientOf(mesh.home).readContract({
      address,
      abi: mesh.own.broadcaster,
      functionName: "quote",
      args: [selectors, zeroAddress],
    });
    return { total, fees };
  };
  const quote = useQuery({
    queryKey: ["broadcast", home?.epoch.toString(), selectors.join()],
    queryFn: readQuote,
    refetchInterval: 10_000,
  });
  const dead = chosen.filter((_, i) => quote.data?.fees[i] === 0n);
  return (
    <Panel
      title="Broadcast"
      aside={
        behind.length === 0 ? (
          <Badge tone="good">nobody is behind</Badge>
        ) : (
          <Badge tone="wait">{behind.length} behind</Badge>
        )
      }
    >
      <p>
        {behind.length === 0
          ? "Every satellite has the newest epoch. Sending it again changes nothing and costs the fee."
          : `Tells ${behind.map(({ name }) => chainLabel(name)).join(" and ")} the newest index. Anyone may pay for it: it can only say the truth.`}
      </p>
      <ul className="plain">
        {lags.map((lag) => (
          <li key={lag.chain}>{lagInWords(lag)}.</li>
        ))}
      </ul>
      {dead.length > 0 && (
        <Notice tone="wait">
          The lane to {dead.map(({ name }) => chainLabel(name)).join(" and ")} gives no fee now,
          cursed or broken: it is skipped and costs nothing. Broadcast again once it is back.
        </Notice>
      )}
      <button
        type="button"
        disabled={isBusy || selectors.length === 0 || dead.length === selectors.length}
        onClick={() =>
          void send(
            `broadcast to ${chosen.map(({ name }) => chainLabel(name)).join(" and ")}`,
            async () => [
              {
                chain: mesh.home,
                to: address,
                data: encodeFunctionData({
                  abi: mesh.own.broadcaster,
                  functionName: "broadcast",
                  args: [selectors, zeroAddress],
                }),
                value: (await readQuote()).total,
                // Each lane needs gas of its own to be tried at all.
                minGas: 1_500_000n * BigInt(selectors.length),
              },
            ],
          )
        }
      >
        Broadcast{quote.data ? ` for ${tokens(quote.data.total, "ETH", 6)}` : ""}
      </button>
      <ProgressLine progress={progress} />
    </Panel>
  );
}

function PausePanel({
  pauses,
  unpauses,
}: {
  pauses: readonly string[];
  unpauses: readonly string[];
}) {
  const { mesh, chains } = useMesh();
  const { send, progress, isBusy } = useTransactions();
  return (
    <Panel title="Pause">
      <p>
        Stops every movement of shares on a chain, never a rebase. What arrives meanwhile waits and
        can be executed later.
      </p>
      <ul className="plain rows">
        {chains
          .filter(({ chain }) => pauses.includes(chain.name) || unpauses.includes(chain.name))
          .map(({ chain, snapshot }) => {
            const isPaused = snapshot?.isPaused ?? false;
            const may = (isPaused ? unpauses : pauses).includes(chain.name);
            const verb = isPaused ? "unpause" : "pause";
            return (
              <li key={chain.name}>
                <strong>{chainLabel(chain.name)}</strong>{" "}
                <Badge tone={isPaused ? "bad" : "good"}>{isPaused ? "paused" : "open"}</Badge>
                {may ? (
                  <button
                    type="button"
                    className="quiet"
                    disabled={isBusy || !snapshot}
                    onClick={() =>
                      void send(`${verb} ${chainLabel(chain.name)}`, () => [
                        {
                          chain,
                          to: chain.contracts.token,
                          data: encodeFunctionData({ abi: mesh.own.token, functionName: verb }),
                        },
                      ])
                    }
                  >
                    {isPaused ? "Unpause" : "Pause"} {chainLabel(chain.name)}
                  </button>
                ) : (
                  <small>
                    {isPaused
                      ? "unpausing is for the operations account"
                      : "pausing is for the guardian"}
                  </small>
                )}
              </li>
            );
          })}
      </ul>
      <ProgressLine progress={progress} />
    </Panel>
  );
}
