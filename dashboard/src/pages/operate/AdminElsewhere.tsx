import { useQuery } from "@tanstack/react-query";
import { encodeFunctionData, numberToHex, zeroAddress, zeroHash } from "viem";
import type { Hex } from "viem";

import { useMesh } from "../../data/mesh";
import { hex } from "../../deployments";
import { countdown, duration, unknownUntil } from "../../model/words";
import { Copyable, Hash, Notice, Skeleton } from "../../ui/kit";
import { useAccountAddress } from "../../wallet/wallet";
import { cancellation, readControllerAdmin } from "./controller";
import type { Sending } from "./ReplacePending";

/**
 * Shows how a change is made if the account does not administer the controller: a proposer of its timelock can
 * start it here.
 */
export function AdminElsewhere({
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
