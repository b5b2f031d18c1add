import { encodeFunctionData } from "viem";

import { all } from "../../model/reading";
import { useMesh } from "../../data/mesh";
import type { Snapshot } from "../../data/snapshot";
import type { DeployedChain } from "../../deployments";
import { chainLabel, unknownUntil } from "../../model/words";
import { Badge, Panel } from "../../ui/kit";
import type { Roles, TokenRoles } from "../../wallet/roles";
import { ProgressLine, useTransactions } from "../../wallet/transactions";

/** Pauses and unpauses transfers, for accounts with the role. */
export function PausePanel({ tokens }: { tokens: Roles["tokens"] }) {
  const { chainOf } = useMesh();
  const { send, progress, isBusy } = useTransactions();
  return (
    <Panel title="Pause">
      <p>
        Stops every transfer of shares on a chain, never a rebase. What arrives meanwhile waits and
        can be executed later.
      </p>
      <ul className="plain rows">
        {tokens.map(({ chain, roles }) => {
          const reading = all([roles, chainOf(chain.name).snapshot]);
          return (
            <li key={chain.name}>
              <strong>{chainLabel(chain.name)}</strong>{" "}
              {reading.state === "read" ? (
                <PauseOf
                  chain={chain}
                  roles={reading.value[0]}
                  snapshot={reading.value[1]}
                  send={send}
                  isBusy={isBusy}
                />
              ) : (
                <small className="unknown">
                  whether it is paused, and whether this account may change that, is{" "}
                  {unknownUntil([chain.name])}
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

function PauseOf({
  chain,
  roles: { mayPause, mayUnpause },
  snapshot: { isPaused },
  send,
  isBusy,
}: {
  chain: DeployedChain;
  roles: TokenRoles;
  snapshot: Snapshot;
} & Pick<ReturnType<typeof useTransactions>, "send" | "isBusy">) {
  const { mesh } = useMesh();
  const verb = isPaused ? "unpause" : "pause";
  return (
    <>
      <Badge tone={isPaused ? "bad" : "good"}>{isPaused ? "paused" : "unpaused"}</Badge>
      {(isPaused ? mayUnpause : mayPause) ? (
        <button
          type="button"
          className="quiet"
          disabled={isBusy}
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
          {isPaused ? "unpausing is for the operations account" : "pausing is for the guardian"}
        </small>
      )}
    </>
  );
}
