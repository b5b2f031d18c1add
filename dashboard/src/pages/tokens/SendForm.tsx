import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { encodeFunctionData } from "viem";
import type { Hex } from "viem";
import { useConnection } from "wagmi";

import { exactTokens } from "core/amount";
import { parseAddress } from "core/input/address";
import { parseAmount } from "core/input/decimal";
import { typed } from "core/input/error";
import { all, knownOf, map, match, missingOf, notReadNow, unread } from "core/reading";
import type { Reading } from "core/reading";
import { clientOf } from "../../data/client";
import { bridgeCall, quoteBridge } from "../../data/holdings";
import type { BridgeOrder } from "../../data/holdings";
import { laneOf, ownErrors, useMesh } from "../../data/mesh";
import { useReceiverCode } from "../../data/receiver";
import type { Snapshot } from "../../data/snapshot";
import { useHoldings } from "../../data/useHoldings";
import { hex, nativeSymbol } from "../../deployments";
import type { DeployedChain } from "../../deployments";
import { explain } from "../../model/explain";
import { feeRisen } from "../../model/fee";
import { mistakeInForm } from "../../model/form";
import { isPending, sharesPerToken, toTokens } from "../../model/indexState";
import { limitText, refilled } from "../../model/lanes";
import type { MessageState, TrackedMessage } from "../../model/messages";
import { lostAt, receiverWarning } from "../../model/receiver";
import { chainLabel, duration, exactly, tokens, unknownUntil } from "../../model/words";
import { Known } from "../../ui/Known";
import { Big, Notice, Panel, Skeleton, Tokens } from "../../ui/kit";
import { ProgressLine, useTransactions } from "../../wallet/transactions";
import type { Call } from "../../wallet/transactions";

const TOKEN_DECIMALS = 18;

/** Moves tokens of an account to another chain. */
export function SendForm({ account }: { account: Hex }) {
  const { mesh, chainOf, now } = useMesh();
  const holdings = useHoldings(account);
  const [from, setFrom] = useState(mesh.home.name);
  const [to, setTo] = useState(mesh.satellites[0]?.name ?? "");
  const [text, setText] = useState("");
  const [receiverText, setReceiver] = useState("");
  const [feeIn, setFeeIn] = useState<"native" | "link">("native");
  const { send, progress, isBusy } = useTransactions();
  const walletChain = useConnection().chainId;
  const [sentIn, setSentIn] = useState<string>();
  const source = mesh.chains.find(({ name }) => name === from) ?? mesh.home;
  const destinations = mesh.chains.filter((chain) => chain !== source);
  const destination = destinations.find(({ name }) => name === to) ?? destinations[0];
  const time = now(source.name);
  const holding = holdings[mesh.chains.indexOf(source)] ?? unread(source.name);
  const here = chainOf(source.name).snapshot;
  const index = map(here, (state) => sharesPerToken(state, time));
  const balance = map(all([holding, index]), ([{ shares }, perToken]) =>
    toTokens(shares, perToken),
  );
  const there = destination && chainOf(destination.name).snapshot;
  const { value: amount = 0n, mistake } = typed(() =>
    parseAmount(text, TOKEN_DECIMALS, { symbol: mesh.token.symbol, positive: true }),
  );
  const receiver = typed(() => (receiverText.trim() === "" ? account : parseAddress(receiverText)));
  const code = useReceiverCode(receiver.value, source, destination);
  const warning = code && destination && receiverWarning(code, { source, destination });
  const feeSymbol = feeIn === "native" ? nativeSymbol(source) : "LINK";
  const order: BridgeOrder | undefined =
    destination && amount > 0n && receiver.value
      ? { source, destination, receiver: hex(receiver.value), amount, feeIn }
      : undefined;
  const quote = useQuery({
    queryKey: ["quote", source.name, destination?.name, feeIn, amount.toString(), receiver.value],
    enabled: order !== undefined,
    retry: false,
    staleTime: 10_000,
    queryFn: () => {
      if (!order) throw new Error("There is nothing to quote.");
      return quoteBridge(order);
    },
  });
  const obstacle = !destination ? "This mesh has one chain only." : obstacleFor();
  const unfit =
    receiver.mistake?.message ?? (destination && lostAt(receiver.value ?? "", destination));
  const problem = unfit ?? (mistake ? mistakeInForm(mistake) : obstacle);

  function obstacleFor(): string | undefined {
    if (!destination || !there) return undefined;
    const ends = all([here, there, holding, balance]);
    if (ends.state !== "read")
      return `Whether it can be sent is ${unknownUntil(notReadNow(ends))}.`;
    const [near, far, held, most] = ends.value;
    const [out, into] = [
      laneOf(near.lanes, destination.selector),
      laneOf(far.lanes, source.selector),
    ];
    if (out.isCursed || into.isCursed)
      return "CCIP's risk management has cursed this lane: nothing can cross until the curse is lifted. Use another lane, or wait.";
    if (near.isPaused)
      return `The token is paused on ${chainLabel(source.name)}: nothing moves there until it is unpaused.`;
    if (far.isPaused)
      return `The token is paused on ${chainLabel(destination.name)}: a transfer would wait there until it is unpaused.`;
    if (amount > most)
      return `You have ${tokens(most, mesh.token.symbol, 6)} on ${chainLabel(source.name)}: send at most that.`;
    const outbound = refilled(out.outbound, time - near.timestamp);
    const inbound = refilled(into.inbound, now(destination.name) - far.timestamp);
    const limit =
      limitText(outbound, amount, mesh.token.symbol, "outbound") ??
      limitText(inbound, amount, mesh.token.symbol, "inbound");
    if (limit) return limit;
    if (quote.data !== undefined) {
      const means = feeIn === "native" ? held.native : held.link;
      if (means < quote.data)
        return `The fee is ${tokens(quote.data, feeSymbol, 6)}, you have ${tokens(means, "", 6)}: top it up${feeIn === "link" ? `, or pay in ${nativeSymbol(source)}` : ""}.`;
    }
    return undefined;
  }

  async function calls(): Promise<Call[]> {
    if (!order) throw new Error("There is nothing to send.");
    const fee = await quoteBridge(order);
    const risen = feeRisen(quote.data, fee, feeSymbol);
    if (risen) {
      void quote.refetch();
      throw new Error(risen);
    }
    const approve = (token: string, value: bigint, symbol: string): Call => ({
      step: `approve ${exactly(value, symbol)}`,
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
      ...(allowed >= amount ? [] : [approve(source.contracts.token, amount, mesh.token.symbol)]),
      ...(feeIn === "link" ? [approve(source.ccip.link, fee, "LINK")] : []),
      {
        step: `send ${exactly(amount, mesh.token.symbol)} to ${chainLabel(order.destination.name)}`,
        chain: source,
        to: source.ccip.router,
        data: bridgeCall(order),
        value: feeIn === "native" ? fee : 0n,
      },
    ];
  }

  // What it costs, and who receives it, are known before anybody can agree to it.
  const isUnread = quote.data === undefined || code === undefined;
  const shares = map(index, (perToken) => amount * perToken);
  return (
    <Panel title="Move it to another chain">
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (!order || problem || isBusy || isUnread || !destination) return;
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
              disabled={balance.state !== "read" || balance.value === 0n}
              onClick={() => balance.state === "read" && setText(exactTokens(balance.value))}
            >
              All of it
            </button>
          </span>
        </label>
        <label className="wide">
          Receiver
          <input
            autoComplete="off"
            spellCheck={false}
            value={receiverText}
            placeholder={`${account} (your own address)`}
            aria-describedby="bridge-help"
            aria-invalid={unfit !== undefined}
            onChange={(event) => setReceiver(event.target.value)}
          />
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
          {warning && !unfit && <Notice tone="wait">{warning}</Notice>}
          {order && !problem && (
            <dl className="quote">
              <div>
                <dt>Leaves {chainLabel(source.name)}</dt>
                <dd>
                  <strong className="num">{exactly(amount, mesh.token.symbol)}</strong>
                  <small>
                    <Known reading={shares}>{(value) => <Big value={value} what="shares" />}</Known>{" "}
                    shares
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
              {there && destination && (
                <PendingThere shares={shares} there={there} time={now(destination.name)} />
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
        <button type="submit" disabled={!order || problem !== undefined || isBusy || isUnread}>
          Approve and send
        </button>
      </form>
      <ProgressLine progress={progress} />
      {sentIn && <Journey transaction={sentIn} />}
    </Panel>
  );
}

/** Says what shares become where a rebase is pending. */
function PendingThere({
  shares,
  there,
  time,
}: {
  shares: Reading<bigint>;
  there: Reading<Snapshot>;
  time: number;
}) {
  const { mesh } = useMesh();
  return (
    <Known reading={all([shares, there])}>
      {([carried, state]) =>
        isPending(state, time) && (
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

function Journey({ transaction }: { transaction: string }) {
  const { messages } = useMesh();
  const message = knownOf(messages).find(
    (candidate) => candidate.message.transactionHash === transaction,
  );
  if (!message) {
    const unsure = [...missingOf(messages), ...messages.failures.map(({ source }) => source)];
    return (
      <Notice tone="wait">
        {unsure.length > 0
          ? `What became of it is ${unknownUntil([...new Set(unsure)])}.`
          : "Looking for the message…"}
      </Notice>
    );
  }
  return match(message.state, {
    read: (state) => <Stage message={message} state={state} />,
    unread: (names) => (
      <Notice tone="wait">Sent. Whether it has arrived is {unknownUntil(names)}.</Notice>
    ),
    stale: (state, _, failures) => (
      <Notice tone="wait">
        It was {state} when its destination was last read. What became of it is{" "}
        {unknownUntil(failures.map(({ source }) => source))}.
      </Notice>
    ),
  });
}

function Stage({ message, state }: { message: TrackedMessage; state: MessageState }) {
  const { mesh, chainOf, now } = useMesh();
  const time = now(message.destination);
  switch (state) {
    case "executed":
      return (
        <Notice tone="good">
          Arrived on {chainLabel(message.destination)}
          {message.settledAt !== undefined &&
            ` after ${duration(message.settledAt - message.sentAt)}`}
          , worth{" "}
          <Known reading={chainOf(message.destination).snapshot}>
            {(end) =>
              message.shares === undefined
                ? "what nobody can tell"
                : tokens(toTokens(message.shares, sharesPerToken(end, time)), mesh.token.symbol, 6)
            }
          </Known>{" "}
          there.
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
          Sent. Waiting for{" "}
          {message.message.version === "1.6" ? "CCIP to commit it" : "its verifiers to answer"},
          then to be executed. You may close this page.
        </Notice>
      );
    case "committed":
    case "verified":
      return (
        <Notice tone="wait">
          {state === "committed"
            ? `Committed on ${chainLabel(message.destination)}`
            : "Its verifiers have answered"}
          . Waiting for its execution.
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
