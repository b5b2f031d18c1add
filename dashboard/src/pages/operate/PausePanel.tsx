import { encodeFunctionData } from "viem";

import { useMesh } from "../../data/mesh";
import { chainLabel } from "../../model/words";
import { Badge, Panel } from "../../ui/kit";
import { ProgressLine, useTransactions } from "../../wallet/wallet";

/** Pauses and unpauses, for those who may. */
export function PausePanel({
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
