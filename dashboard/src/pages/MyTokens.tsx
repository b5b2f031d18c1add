import { encodeFunctionData } from "viem";
import type { Hex } from "viem";
import { useQueries, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useConnection } from "wagmi";

import { exactTokens } from "../../../lib/cli/amount";
import { bridgeCall, quoteBridge, readHolding, readMovements } from "../data/holdings";
import type { BridgeOrder, Holding } from "../data/holdings";
import { ownErrors, useMesh, useTick } from "../data/mesh";
import { clientOf } from "../data/client";
import { hex } from "../deployments";
import type { DeployedChain } from "../deployments";
import { readAmount } from "../model/amountInput";
import { explain } from "../model/explain";
import { earnings } from "../model/history";
import { isPending, sharesPerToken, toTokens } from "../model/indexState";
import { limitInWords, refilled } from "../model/lanes";
import { chainLabel, countdown, duration, growth, moment, tokens } from "../model/words";
import { Badge, Big, Notice, Panel, Skeleton, StackedTable, Tokens } from "../ui/kit";
import { ProgressLine, useAccountAddress, useTransactions } from "../wallet/wallet";
import type { Call } from "../wallet/wallet";

/** What the connected account owns, where, and moving it. */
export default function MyTokens() {
  const account = useAccountAddress();
  return (
    <>
      <h1 tabIndex={-1}>My tokens</h1>
      {account ? (
        <Holdings account={account} />
      ) : (
        <p className="lead">
          Connect a wallet to see what you own on every chain, what a rebase makes of it, and to
          move it.
        </p>
      )}
    </>
  );
}

function Holdings({ account }: { account: Hex }) {
  const { mesh, chains, changes, messages, now } = useMesh();
  useTick();
  const interval = mesh.live ? 12_000 : 2_000;
  const holdings = useQueries({
    queries: mesh.chains.map((chain) => ({
      queryKey: ["holding", chain.name, account],
      queryFn: () => readHolding(mesh, chain, account),
      refetchInterval: interval,
    })),
  });
  const movements = useQueries({
    queries: mesh.chains.map((chain) => ({
      queryKey: ["movements", chain.name, account],
      queryFn: () => readMovements(mesh, chain, account),
      refetchInterval: interval * 3,
    })),
  });
  const home = chains.find(({ chain }) => chain === mesh.home)?.snapshot;
  const homeIndex = home ? sharesPerToken(home, now(mesh.home.name)) : 0n;
  const pendingAtHome = home && isPending(home, now(mesh.home.name)) ? home : undefined;
  const travelling = messages.filter(
    ({ kind, state, message }) =>
      kind === "transfer" &&
      state !== "executed" &&
      message.receiver.toLowerCase() === account.toLowerCase(),
  );
  const rows = mesh.chains.map((chain, i) => {
    const snapshot = chains.find((reading) => reading.chain === chain)?.snapshot;
    const time = now(chain.name);
    const index = snapshot ? sharesPerToken(snapshot, time) : 0n;
    const holding = holdings[i]?.data;
    const own = changes.filter((change) => change.chain === chain.name);
    return {
      chain,
      snapshot,
      holding,
      isSilent: holdings[i]?.isError ?? false,
      amount: holding && snapshot ? toTokens(holding.shares, index) : undefined,
      then:
        holding && snapshot && isPending(snapshot, time)
          ? toTokens(holding.shares, snapshot.next)
          : undefined,
      until: snapshot ? Number(snapshot.effectiveAt) - time : 0,
      earned: movements[i]?.data && earnings(movements[i].data, own, time),
    };
  });
  const onTheWay = travelling.reduce((sum, { shares }) => sum + toTokens(shares, homeIndex), 0n);
  const total = rows.reduce((sum, { amount }) => sum + (amount ?? 0n), onTheWay);
  const earned = rows.flatMap((row) =>
    (row.earned ?? []).map((earning) => ({ ...earning, chain: row.chain })),
  );
  return (
    <>
      <p className="total-line">
        <Tokens amount={total} symbol={mesh.token.symbol} decimals={6} />
        <small>
          on all chains that answer
          {travelling.length > 0 && `, ${tokens(onTheWay, "", 6)} of it on the way`}
        </small>
      </p>
      <Panel title="Where it is">
        <StackedTable
          label="Balances"
          hasRowHeads
          columns={["Chain", "Tokens", "Shares", "After the pending rebase", "Earned by rebases"]}
          rows={[
            ...rows.map(({ chain, holding, amount, then, until, snapshot, isSilent, ...row }) => ({
              key: chain.name,
              className: isSilent ? "silent" : "",
              cells: [
                <>
                  {chainLabel(chain.name)} {isSilent && <Badge tone="muted">no answer</Badge>}
                </>,
                amount === undefined ? <Skeleton /> : <Tokens amount={amount} decimals={6} />,
                holding ? <Big value={holding.shares} what="shares" /> : <Skeleton />,
                then !== undefined && snapshot ? (
                  <>
                    <Tokens amount={then} decimals={6} />
                    <small>
                      {growth(snapshot.current, snapshot.next)} in {countdown(until)}
                    </small>
                  </>
                ) : pendingAtHome && snapshot && snapshot.epoch < pendingAtHome.epoch ? (
                  "not heard of here yet"
                ) : (
                  "none pending"
                ),
                row.earned ? (
                  <Tokens
                    amount={row.earned.reduce((sum, item) => sum + item.earned, 0n)}
                    decimals={6}
                  />
                ) : (
                  <Skeleton />
                ),
              ],
            })),
            ...travelling.map((message) => ({
              key: message.id,
              cells: [
                <>
                  <span>On the way to {chainLabel(message.destination)}</span>{" "}
                  <small>
                    from {chainLabel(message.source)}, {message.state}
                  </small>
                </>,
                <Tokens amount={toTokens(message.shares, homeIndex)} decimals={6} />,
                <Big value={message.shares} what="shares" />,
                pendingAtHome ? (
                  <Tokens amount={toTokens(message.shares, pendingAtHome.next)} decimals={6} />
                ) : (
                  "none pending"
                ),
                <a href="#/messages">follow it</a>,
              ],
            })),
          ]}
        />
        {earned.length > 0 && (
          <details>
            <summary>Every rebase that changed it</summary>
            <ul className="plain">
              {earned
                .filter((item) => item.earned !== 0n)
                .map((item) => (
                  <li key={`${item.chain.name}${item.epoch}`}>
                    Epoch {item.epoch.toString()} on {chainLabel(item.chain.name)},{" "}
                    {moment(item.effectiveAt)}:{" "}
                    <Tokens amount={item.earned} symbol={mesh.token.symbol} decimals={6} />
                  </li>
                ))}
            </ul>
          </details>
        )}
      </Panel>
      <Bridge
        account={account}
        holdings={
          new Map(rows.flatMap(({ chain, holding }) => (holding ? [[chain.name, holding]] : [])))
        }
      />
    </>
  );
}

function Bridge({ account, holdings }: { account: Hex; holdings: ReadonlyMap<string, Holding> }) {
  const { mesh, chains, now } = useMesh();
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
  const holding = holdings.get(source.name);
  const balance = toTokens(holding?.shares ?? 0n, index);
  const typed = readAmount(text);
  const amount = "amount" in typed ? typed.amount : 0n;
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
  const problem = text === "" ? undefined : "mistake" in typed ? typed.mistake : obstacle;

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
        return `The fee is ${tokens(quote.data, feeIn === "native" ? "ETH" : "LINK", 6)}, you have ${tokens(means, "", 6)}: top it up${feeIn === "link" ? ", or pay in native" : ""}.`;
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
            `move ${tokens(amount, mesh.token.symbol)} to ${chainLabel(destination.name)}`,
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
              {choice === "native" ? "ETH" : "LINK"}
            </label>
          ))}
        </fieldset>
        <div id="bridge-help" className="help">
          {problem && <Notice tone="bad">{problem}</Notice>}
          {order && !problem && (
            <dl className="quote">
              <div>
                <dt>CCIP fee</dt>
                <dd>
                  {quote.isError ? (
                    explain(quote.error, ownErrors(mesh))
                  ) : quote.data === undefined ? (
                    <Skeleton />
                  ) : (
                    <Tokens
                      amount={quote.data}
                      symbol={feeIn === "native" ? "ETH" : "LINK"}
                      decimals={8}
                    />
                  )}
                </dd>
              </div>
              <div>
                <dt>Travels as</dt>
                <dd>
                  <Big value={shares} what="shares" /> shares
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
