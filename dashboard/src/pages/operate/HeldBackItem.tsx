import { encodeFunctionData } from "viem";

import { readTellingGas } from "../../data/listeners";
import { useMesh } from "../../data/mesh";
import type { ReceiverState, Snapshot } from "../../data/snapshot";
import type { DeployedChain } from "../../deployments";
import { isWithinHand, obstaclesTo } from "../../model/heldBack";
import type { HeldBack, Powers } from "../../model/heldBack";
import { sharesPerToken } from "../../model/indexState";
import { chainLabel, duration, growth, pinnedBlock } from "../../model/words";
import { isSame } from "../../model/worth";
import { GrowthIndex } from "../../ui/GrowthIndex";
import { Badge, Copyable, Hash } from "../../ui/kit";
import type { useTransactions } from "../../wallet/transactions";
import { useAccountAddress } from "../../wallet/wallet";

const DECISIONS = ["accept", "reject"] as const;
const LABELS = { accept: "Accept", reject: "Reject" } as const;

/** Shows a broadcast that a satellite holds back, with the buttons of those who may decide. */
export function HeldBackItem({
  chain,
  state,
  powers,
  send,
  isBusy,
}: {
  chain: DeployedChain;
  state: Snapshot;
  powers: Omit<Powers, "isOwner">;
} & Pick<ReturnType<typeof useTransactions>, "send" | "isBusy">) {
  const { mesh, now } = useMesh();
  const account = useAccountAddress();
  const { receiver } = state;
  const held = receiver?.heldBack;
  if (!receiver || !held) return null;
  const time = now(chain.name);
  const obstacles = obstaclesTo(held, isWithinHand(held, state, receiver.band), {
    ...powers,
    isOwner: account !== undefined && isSame(receiver.owner, account),
  });
  const callOf = (decision: (typeof DECISIONS)[number]) =>
    encodeFunctionData({
      abi: mesh.own.receiver,
      functionName: decision,
      // All of its values are named, so that another one that takes its place meanwhile is refused.
      args: [Number(held.epoch), held.current, held.next, held.effectiveAt],
    });
  const name = `epoch ${held.epoch} on ${chainLabel(chain.name)}`;
  return (
    <>
      <HeldIndex held={held} inForce={sharesPerToken(state, time)} time={time} />
      <p className="actions">
        {DECISIONS.map((decision) =>
          obstacles[decision] === undefined ? (
            <button
              key={decision}
              type="button"
              className="quiet"
              disabled={isBusy}
              onClick={() =>
                void send(`${decision} ${name}`, async () => [
                  {
                    chain,
                    to: chain.contracts.receiver ?? "",
                    data: callOf(decision),
                    ...(decision === "accept" && {
                      optionalGas: await readTellingGas(mesh, chain),
                    }),
                  },
                ])
              }
            >
              {LABELS[decision]} {name}
            </button>
          ) : (
            <small key={decision}>{obstacles[decision]}</small>
          ),
        )}
      </p>
      {obstacles.isForTimelock && (
        <ForTheTimelock receiver={receiver} call={callOf("accept")} epoch={held.epoch} />
      )}
    </>
  );
}

function HeldIndex({ held, inForce, time }: { held: HeldBack; inForce: bigint; time: number }) {
  return (
    <p>
      <Badge tone={held.isRejected ? "wait" : "bad"}>
        epoch {held.epoch.toString()}, {growth(inForce, held.next)}
      </Badge>{" "}
      growth index <GrowthIndex sharesPerToken={held.next} /> from{" "}
      {pinnedBlock(Number(held.effectiveAt))} on, in force is{" "}
      <GrowthIndex sharesPerToken={inForce} />; held back for {duration(time - held.since)}
      {held.isRejected && ", rejected by the guardian"}
    </p>
  );
}

function ForTheTimelock({
  receiver,
  call,
  epoch,
}: {
  receiver: ReceiverState;
  call: string;
  epoch: bigint;
}) {
  return (
    <small>
      The timelock is <Hash value={receiver.owner} what="address of the timelock" />: to accept it,
      propose{" "}
      <Copyable full={call} what="call data of accept">
        <code>accept({epoch.toString()}, …)</code>
      </Copyable>{" "}
      of the receiver there.
    </small>
  );
}
