import { lastRead, map } from "../../model/reading";

import { useMesh, useTick } from "../../data/mesh";
import { chainLabel, unknownUntil } from "../../model/words";
import { Badge, Panel } from "../../ui/kit";
import type { Roles } from "../../wallet/roles";
import { ProgressLine, useTransactions } from "../../wallet/transactions";
import { HeldBackItem } from "./HeldBackItem";

/** Shows the broadcasts that satellites hold back, and lets those decide who may. */
export function HeldBackPanel({ tokens }: { tokens: Roles["tokens"] }) {
  const { chainOf } = useMesh();
  useTick();
  const { send, progress, isBusy } = useTransactions();
  const holding = tokens.filter(
    ({ chain }) => lastRead(chainOf(chain.name).snapshot)?.value.receiver?.heldBack,
  );
  // The progress stays visible after nothing is held back any more.
  if (holding.length === 0 && progress.step === "idle") return null;
  return (
    <Panel
      title="Broadcasts held back"
      aside={
        holding.length > 0 ? (
          <Badge tone="bad">{holding.length} held back</Badge>
        ) : (
          <Badge tone="good">none is held back</Badge>
        )
      }
    >
      <p>
        A satellite does not follow an index that is too far away from its own, and goes on with the
        one it has. To broadcast it again changes nothing. Compare it with home before you decide.
      </p>
      <ul className="plain">
        {holding.map(({ chain, roles }) => {
          const { snapshot } = chainOf(chain.name);
          const powers = map(roles, ({ mayPause, mayUnpause }) => ({
            isGuardian: mayPause,
            isUnpauser: mayUnpause,
          }));
          return (
            <li key={chain.name}>
              <strong>{chainLabel(chain.name)}</strong>{" "}
              {snapshot.state === "read" && powers.state === "read" ? (
                <HeldBackItem
                  chain={chain}
                  state={snapshot.value}
                  powers={powers.value}
                  send={send}
                  isBusy={isBusy}
                />
              ) : (
                <small className="unknown">
                  held a broadcast back when it was last read; whether it still does, and what this
                  account may do about it, is {unknownUntil([chain.name])}
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
