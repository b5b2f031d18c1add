import { useMesh, useTick } from "../../data/mesh";
import { isPending } from "../../model/indexState";
import { countdown, growth, unknownUntil } from "../../model/words";
import { Badge, Panel } from "../../ui/kit";
import { ProgressLine, useTransactions } from "../../wallet/transactions";
import { AdminElsewhere } from "./AdminElsewhere";
import { ReplacePending } from "./ReplacePending";

/** Shows the pending rebase, and the actions on it. */
export function PendingPanel({ isAdmin }: { isAdmin: boolean }) {
  const { mesh, home: reading, now } = useMesh();
  useTick();
  // The progress stays visible after the rebase is no longer pending.
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
  // Its replacement has the next epoch.
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
