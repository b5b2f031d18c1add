import type { Reading } from "../../model/reading";

import type { SyncReading } from "../../data/mesh";
import type { Snapshot } from "../../data/snapshot";
import { count, silenceText } from "../../model/words";
import { Known } from "../../ui/Known";
import { Badge } from "../../ui/kit";

/** Shows the sync status of a chain compared with home. */
export function StateBadge({
  snapshot,
  lag,
}: {
  snapshot: Reading<Snapshot>;
  /** Undefined for home. */
  lag: SyncReading["lag"] | undefined;
}) {
  if (snapshot.state === "failed")
    return <Badge tone="muted">{silenceText(snapshot.failures)}</Badge>;
  return (
    <Known reading={snapshot}>
      {({ epoch }) =>
        epoch === 0n ? (
          <Badge tone="wait">unsynced</Badge>
        ) : !lag ? (
          <Badge tone="good">sets the index</Badge>
        ) : (
          <Known reading={lag} saysAge={false}>
            {(value) =>
              value ? (
                <Badge tone="wait">stale by {count(value.epochs, "epoch")}</Badge>
              ) : lag.state === "read" ? (
                <Badge tone="good">synced</Badge>
              ) : (
                <Badge tone="muted">synced when home was last read</Badge>
              )
            }
          </Known>
        )
      }
    </Known>
  );
}
