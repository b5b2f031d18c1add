import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { encodeFunctionData } from "viem";
import type { Hex } from "viem";
import { useConnection } from "wagmi";

import { exactTokens } from "../../../../lib/cli/amount";
import { parseAmount } from "../../../../lib/core/input/decimal";
import { typed } from "../../../../lib/core/input/error";
import { clientOf } from "../../data/client";
import { bridgeCall, quoteBridge } from "../../data/holdings";
import type { BridgeOrder } from "../../data/holdings";
import { ownErrors, useMesh } from "../../data/mesh";
import { useHoldings } from "../../data/useHoldings";
import { hex, nativeSymbol } from "../../deployments";
import type { DeployedChain } from "../../deployments";
import { explain } from "../../model/explain";
import { mistakeInForm } from "../../model/form";
import { isPending, sharesPerToken, toTokens } from "../../model/indexState";
import { limitInWords, refilled } from "../../model/lanes";
import { chainLabel, duration, exactly, tokens } from "../../model/words";
import { Big, Notice, Panel, Skeleton, Tokens } from "../../ui/kit";
import { ProgressLine, useTransactions } from "../../wallet/wallet";
import type { Call } from "../../wallet/wallet";

const TOKEN_DECIMALS = 18;

/** Moves tokens of an account to another chain. */
export function SendForm({ account }: { account: Hex }) {
  const { mesh, chains, now } = useMesh();
  const holdings = useHoldings(account);
  const [from, setFrom] = useState(mesh.home.name);
  const [to, setTo] = useState(mesh.satellites[0]?.name ?? "");
  const [text, setText] = useState("");
  const [feeIn, setFeeIn] = useState<"native" | "link">("native");
  const { send, progress, isBusy } = useTransactions();
  const walletChain = useConnection().chainId;
  const [sentIn, setSentIn] = useState<string>();
  const source = mesh.chains.find(({ name }) => name === from) ?? mesh.home;
  const destinations = mesh.chains.filter((chain) => chain !== source);
  const destination = destinations.find(({ name }) => name === to) ?? destinations[0];
  const snapshot = chains.find(({ chain }) => chain === source)?.snapshot;
  const time = now(source.name);
  const index = snapshot ? sharesPerToken(snapshot, time) : 0n;
  const holding = holdings[mesh.chains.indexOf(source)]?.data;
  const balance = toTokens(holding?.shares ?? 0n, index);
  const { value: amount = 0n, mistake } = typed(() =>
    parseAmount(text, TOKEN_DECIMALS, { symbol: mesh.token.symbol, positive: true }),
  );
  const feeSymbol = feeIn === "native" ? nativeSymbol(source) : "LINK";
  const order: BridgeOrder | undefined =
    destination && amount > 0n
      ? { source, destination, receiver: account, amount, feeIn }
      : undefined;
  const quote = useQuery({
    queryKey: ["quote", source.name, destination?.name, feeIn, amount.toString()],
    enabled: order !== undefined,
    retry: false,
    staleTime: 10_000,
    queryFn: () => {
      if (!order) throw new Error("There is nothing to quote.");
      return quoteBridge(order);
    },
  });
  const obstacle = !destination ? "This mesh has one chain only." : obstacleFor();
  const problem = mistake ? mistakeInForm(mistake) : obstacle;

  function obstacleFor(): string | undefined {
    if (!destination || !snapshot) return undefined;
    const there = chains.find(({ chain }) => chain === destination);
    const [here, far] = [
      snapshot.lanes.get(destination.selector),
      there?.snapshot?.lanes.get(source.selector),
    ];
    if (there?.isSilent)
      return `${chainLabel(destination.name)} does not answer: wait until it does, or you will not see the arrival.`;
    if (here?.isCursed || far?.isCursed)
      return "CCIP's risk management has cursed this lane: nothing can cross until the curse is lifted. Use another lane, or wait.";
    if (snapshot.isPaused)
      return `The token is paused on ${chainLabel(source.name)}: nothing moves there until it is unpaused.`;
    if (there?.snapshot?.isPaused)
      return `The token is paused on ${chainLabel(destination.name)}: a transfer would wait there until it is unpaused.`;
    if (amount > balance)
      return `You have ${tokens(balance, mesh.token.symbol, 6)} on ${chainLabel(source.name)}: send at most that.`;
    const outbound = here && refilled(here.outbound, time - snapshot.timestamp);
    const inbound =
      far &&
      there?.snapshot &&
      refilled(far.inbound, now(destination.name) - there.snapshot.timestamp);
    const limit =
      (outbound && limitInWords(outbound, amount, mesh.token.symbol, "outbound")) ??
      (inbound && limitInWords(inbound, amount, mesh.token.symbol, "inbound"));
    if (limit) return limit;
    if (quote.data !== undefined && holding) {
      const means = feeIn === "native" ? holding.native : holding.link;
      if (means < quote.data)
        return `The fee is ${tokens(quote.data, feeSymbol, 6)}, you have ${tokens(means, "", 6)}: top it up${feeIn === "link" ? `, or pay in ${nativeSymbol(source)}` : ""}.`;
    }
    return undefined;
  }

  async function calls(): Promise<Call[]> {
    if (!order) throw new Error("There is nothing to send.");
    const fee = await quoteBridge(order);
    const approve = (token: string, value: bigint): Call => ({
      chain: source,
      to: token,
      data: encodeFunctionData({
        abi: mesh.own.token,
        functionName: "approve",
        args: [hex(source.ccip.router), value],
      }),
    });
    const allowed = await clientOf(source).readContract({
      address: hex(source.contracts.token),
      abi: mesh.own.token,
      functionName: "allowance",
      args: [account, hex(source.ccip.router)],
    });
    return [
      ...(allowed >= amount ? [] : [approve(source.contracts.token, amount)]),
      ...(feeIn === "link" ? [approve(source.ccip.link, fee)] : []),
      {
        chain: source,
        to: source.ccip.router,
        data: bridgeCall(order),
        value: feeIn === "native" ? fee : 0n,
      },
    ];
  }

  const pendingThere = chains.find(({ chain }) => chain === destination)?.snapshot;
  const shares = amount * index;
  return (
    <Panel title="Move it to another chain">
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (!order || problem || isBusy || !destination) return;
          setSentIn(undefined);
          void send(
            `move ${exactly(amount, mesh.token.symbol)} to ${chainLabel(destination.name)}`,
            calls,
          ).then((hash) => setSentIn(hash));
        }}
      >
        <label>
          From
          <ChainSelect value={source.name} chains={mesh.chains} onChange={setFrom} />
        </label>
        <label>
          To
          <ChainSelect value={destination?.name ?? ""} chains={destinations} onChange={setTo} />
        </label>
        <label className="wide">
          Amount
          <span className="field">
            <input
              inputMode="decimal"
              autoComplete="off"
              value={text}
              placeholder="0.00"
              aria-describedby="bridge-help"
              aria-invalid={problem !== undefined}
              onChange={(event) => setText(event.target.value)}
            />
            <button
              type="button"
              className="quiet"
              disabled={balance === 0n}
              onClick={() => setText(exactTokens(balance))}
            >
              All of it
            </button>
          </span>
        </label>
        <fieldset>
          <legend>Pay the fee in</legend>
          {(["native", "link"] as const).map((choice) => (
            <label key={choice} className="radio">
              <input
                type="radio"
                name="fee"
                checked={feeIn === choice}
                onChange={() => setFeeIn(choice)}
              />
              {choice === "native" ? nativeSymbol(source) : "LINK"}
            </label>
          ))}
        </fieldset>
        <div id="bridge-help" className="help">
          {problem && <Notice tone="bad">{problem}</Notice>}
          {order && !problem && (
            <dl className="quote">
              <div>
                <dt>Leaves {chainLabel(source.name)}</dt>
                <dd>
                  <strong className="num">{exactly(amount, mesh.token.symbol)}</strong>
                  <small>
                    <Big value={shares} what="shares" /> shares
                  </small>
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
              {pendingThere && isPending(pendingThere, now(destination?.name ?? "")) && (
                <div>
                  <dt>If the pending rebase takes effect on the way</dt>
                  <dd>
                    it arrives as{" "}
                    <Tokens
                      amount={toTokens(shares, pendingThere.next)}
                      symbol={mesh.token.symbol}
                      decimals={6}
                    />
                  </dd>
                </div>
              )}
            </dl>
          )}
        </div>
        {order && walletChain !== source.chainId && (
          <p className="help">
            <small>
              Your wallet is on another network: it is asked to switch to {chainLabel(source.name)}.
            </small>
          </p>
        )}
        <button type="submit" disabled={!order || problem !== undefined || isBusy}>
          Approve and send
        </button>
      </form>
      <ProgressLine progress={progress} />
      {sentIn && <Journey transaction={sentIn} />}
    </Panel>
  );
}

function Journey({ transaction }: { transaction: string }) {
  const { mesh, chains, messages, now } = useMesh();
  const message = messages.find((candidate) => candidate.message.transactionHash === transaction);
  if (!message) return <Notice tone="wait">Looking for the message…</Notice>;
  const end = chains.find(({ chain }) => chain.name === message.destination)?.snapshot;
  const worth = end ? toTokens(message.shares, sharesPerToken(end, now(message.destination))) : 0n;
  switch (message.state) {
    case "executed":
      return (
        <Notice tone="good">
          Arrived on {chainLabel(message.destination)} after{" "}
          {duration((message.settledAt ?? 0) - message.sentAt)}, worth{" "}
          {tokens(worth, mesh.token.symbol, 6)} there.
        </Notice>
      );
    case "failed":
      return (
        <Notice tone="bad">
          It could not be executed: {message.reason}. Nothing is lost; see Messages to execute it by
          hand.
        </Notice>
      );
    case "sent":
      return (
        <Notice tone="wait">
          Sent. Waiting for CCIP to commit it, then to execute it. You may close this page.
        </Notice>
      );
    case "committed":
      return (
        <Notice tone="wait">
          Committed on {chainLabel(message.destination)}. Waiting for its execution.
        </Notice>
      );
  }
}

function ChainSelect({
  value,
  chains,
  onChange,
}: {
  value: string;
  chains: readonly DeployedChain[];
  onChange: (name: string) => void;
}) {
  return (
    <select value={value} onChange={(event) => onChange(event.target.value)}>
      {chains.map(({ name }) => (
        <option key={name} value={name}>
          {chainLabel(name)}
        </option>
      ))}
    </select>
  );
}
