import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { encodeFunctionData, numberToHex, zeroAddress, zeroHash } from "viem";
import type { Hex } from "viem";

import { formatGrowth } from "core/growth";
import { useMesh, useTick } from "../../data/mesh";
import { hex } from "../../deployments";
import { noChange, readChange } from "../../model/change";
import { isPending } from "../../model/indexState";
import { countdown, duration, growth, unknownUntil } from "../../model/words";
import { Badge, Copyable, Hash, Notice, Panel, Skeleton } from "../../ui/kit";
import { ProgressLine, useTransactions } from "../../wallet/transactions";
import { useAccountAddress } from "../../wallet/wallet";
import { cancellation, readControllerAdmin, useControllerRules } from "./controller";

/** The rebase that does not count yet, and what may still be done about it. */
export function PendingPanel({ isAdmin }: { isAdmin: boolean }) {
  const { mesh, home: reading, now } = useMesh();
  useTick();
  // What was sent from here is still told when the rebase is not pending any more.
  const { send, progress, isBusy } = useTransactions();
  const time = now(mesh.home.name);
  if (reading.state !== "read") {
    return (
      <Panel title="Pending rebase">
        <p className="unknown">
          Whether a rebase is pending, and what may be done about it, is{" "}
          {unknownUntil([mesh.home.name])}.
        </p>
        <ProgressLine progress={progress} />
      </Panel>
    );
  }
  const home = reading.value;
  if (!isPending(home, time) && progress.step === "idle") return null;
  const left = Number(home.effectiveAt) - time;
  // Whatever takes its place is the epoch after it.
  const newEpoch = Number(home.epoch) + 1;
  return (
    <Panel
      title="Pending rebase"
      aside={
        isPending(home, time) ? (
          <Badge tone="wait">
            {growth(home.current, home.next)} in {countdown(left)}
          </Badge>
        ) : (
          <Badge tone="good">none is pending</Badge>
        )
      }
    >
      {isPending(home, time) &&
        (isAdmin ? (
          <ReplacePending newEpoch={newEpoch} send={send} isBusy={isBusy} />
        ) : (
          <AdminElsewhere newEpoch={newEpoch} secondsLeft={left} send={send} isBusy={isBusy} />
        ))}
      <ProgressLine progress={progress} />
    </Panel>
  );
}

interface Sending extends Pick<ReturnType<typeof useTransactions>, "send" | "isBusy"> {
  /** The epoch that a replacement or a cancellation creates. */
  readonly newEpoch: number;
}

/** For the controller's admin. */
function ReplacePending({ newEpoch, send, isBusy }: Sending) {
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

/** For everybody else: who may, and what to do. A proposer of the timelock can start it from here. */
function AdminElsewhere({
  newEpoch,
  secondsLeft,
  send,
  isBusy,
}: Sending & { secondsLeft: number }) {
  const { mesh, now } = useMesh();
  const account = useAccountAddress();
  const controller = hex(mesh.home.contracts.controller ?? zeroAddress);
  const data = cancellation(mesh, newEpoch);
  const proposal = [controller, 0n, data, zeroHash, numberToHex(newEpoch, { size: 32 })] as const;
  const admin = useQuery({
    queryKey: ["controllerAdmin", account, newEpoch],
    refetchInterval: mesh.live ? 12_000 : 2_000,
    queryFn: () => readControllerAdmin(mesh, controller, account ?? zeroAddress, proposal),
  });
  if (admin.isError || !admin.data) {
    return admin.isError ? (
      <p className="unknown">Who may replace or cancel it is {unknownUntil([mesh.home.name])}.</p>
    ) : (
      <Skeleton width="40ch" />
    );
  }
  const { address, timelock } = admin.data;
  if (!timelock) {
    return (
      <p>
        Only the controller's admin may replace or cancel it. Ask it:{" "}
        <Hash value={address} what="address of the admin" />
      </p>
    );
  }
  const { delay, mayPropose, readyAt } = timelock;
  const isProposed = readyAt > 1;
  const wait = readyAt - now(mesh.home.name);
  const isTooLate = !isProposed && delay >= secondsLeft;
  const act = (what: string, call: Hex) =>
    void send(what, () => [{ chain: mesh.home, to: address, data: call }]);
  return (
    <>
      <p>
        Only the controller's admin may replace or cancel it: a timelock,{" "}
        <Hash value={address} what="address of the timelock" />, which makes every change wait{" "}
        {duration(delay)}.
      </p>
      {isTooLate ? (
        <Notice tone="wait">
          It is too late for that: the rebase takes effect before the timelock could act. Once it
          has, schedule another one that takes it back.
        </Notice>
      ) : isProposed ? (
        <p>
          Cancelling it has been proposed
          {wait > 0 ? `: it may be executed in ${countdown(wait)}.` : " and may be executed now."}
        </p>
      ) : !mayPropose ? (
        <p>
          Ask an account that may propose there, the operations account, to schedule{" "}
          <Copyable full={data} what="call data of cancelPending">
            <code>cancelPending({newEpoch})</code>
          </Copyable>{" "}
          of the controller <Hash value={controller} what="address of the controller" /> within{" "}
          {duration(secondsLeft - delay)}.
        </p>
      ) : (
        <p>This account may propose there. Propose it within {duration(secondsLeft - delay)}.</p>
      )}
      {mayPropose && !isTooLate && !isProposed && (
        <button
          type="button"
          disabled={isBusy}
          onClick={() =>
            act(
              "propose to cancel the pending rebase",
              encodeFunctionData({
                abi: mesh.own.timelock,
                functionName: "schedule",
                args: [...proposal, BigInt(delay)],
              }),
            )
          }
        >
          Propose to cancel it
        </button>
      )}
      {isProposed && (
        <button
          type="button"
          disabled={isBusy || wait > 0}
          onClick={() =>
            act(
              "cancel the pending rebase",
              encodeFunctionData({
                abi: mesh.own.timelock,
                functionName: "execute",
                args: proposal,
              }),
            )
          }
        >
          Execute the cancellation
        </button>
      )}
    </>
  );
}
