import { useState } from "react";
import type { Hex } from "viem";
import { useConnection } from "wagmi";

import { exactTokens } from "core/amount";

import { quoteBridge } from "../../data/holdings";
import { useMesh } from "../../data/mesh";
import { transferCalls } from "../../data/transferCalls";
import { nativeSymbol } from "../../deployments";
import type { DeployedChain } from "../../deployments";
import { feeRisen } from "../../model/fee";
import { chainLabel, exactly } from "../../model/words";
import { Notice, Panel } from "../../ui/kit";
import { ProgressLine, useTransactions } from "../../wallet/transactions";
import type { Call } from "../../wallet/transactions";
import { TransferProgress } from "./TransferProgress";
import { TransferQuote } from "./TransferQuote";
import { useTransfer } from "./useTransfer";

/** Form that transfers tokens of an account to another chain. */
export function SendForm({ account }: { account: Hex }) {
  const { mesh } = useMesh();
  const transfer = useTransfer(account);
  const { send, progress, isBusy } = useTransactions();
  const [sentIn, setSentIn] = useState<string>();
  const walletChain = useConnection().chainId;
  const { source, destination, amount, order, problem, warning, unfit, isUnread } = transfer;

  async function calls(): Promise<Call[]> {
    if (!order) throw new Error("There is nothing to send.");
    const fee = await quoteBridge(order);
    const risen = feeRisen(transfer.quote.data, fee, transfer.feeSymbol);
    if (risen) {
      void transfer.quote.refetch();
      throw new Error(risen);
    }
    return transferCalls(mesh, account, order, fee);
  }

  return (
    <Panel title="Transfer to another chain">
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
        <TransferInputs transfer={transfer} account={account} />
        <div id="bridge-help" className="help">
          {problem && <Notice tone="bad">{problem}</Notice>}
          {warning && !unfit && <Notice tone="wait">{warning}</Notice>}
          {!problem && <TransferQuote transfer={transfer} />}
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
      {sentIn && <TransferProgress transaction={sentIn} />}
    </Panel>
  );
}

function TransferInputs({
  transfer: { fields, change, source, destinations, destination, balance, problem, unfit },
  account,
}: {
  transfer: ReturnType<typeof useTransfer>;
  account: Hex;
}) {
  const { mesh } = useMesh();
  return (
    <>
      <label>
        From
        <ChainSelect
          value={source.name}
          chains={mesh.chains}
          onChange={(from) => change({ from })}
        />
      </label>
      <label>
        To
        <ChainSelect
          value={destination?.name ?? ""}
          chains={destinations}
          onChange={(to) => change({ to })}
        />
      </label>
      <label className="wide">
        Amount
        <span className="field">
          <input
            inputMode="decimal"
            autoComplete="off"
            value={fields.amount}
            placeholder="0.00"
            aria-describedby="bridge-help"
            aria-invalid={problem !== undefined}
            onChange={({ target }) => change({ amount: target.value })}
          />
          <button
            type="button"
            className="quiet"
            disabled={balance.state !== "read" || balance.value === 0n}
            onClick={() =>
              balance.state === "read" && change({ amount: exactTokens(balance.value) })
            }
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
          value={fields.receiver}
          placeholder={`${account} (your own address)`}
          aria-describedby="bridge-help"
          aria-invalid={unfit !== undefined}
          onChange={({ target }) => change({ receiver: target.value })}
        />
      </label>
      <fieldset>
        <legend>Pay the fee in</legend>
        {(["native", "link"] as const).map((choice) => (
          <label key={choice} className="radio">
            <input
              type="radio"
              name="fee"
              checked={fields.feeIn === choice}
              onChange={() => change({ feeIn: choice })}
            />
            {choice === "native" ? nativeSymbol(source) : "LINK"}
          </label>
        ))}
      </fieldset>
    </>
  );
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
