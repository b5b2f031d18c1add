import { useQuery } from "@tanstack/react-query";

import { lastRead, match } from "../../model/reading";
import { broadcastCall, quoteBroadcast } from "../../data/broadcast";
import { laneOf, useMesh } from "../../data/mesh";
import type { SyncReading } from "../../data/mesh";
import { nativeSymbol } from "../../deployments";
import type { DeployedChain } from "../../deployments";
import { lagText } from "../../model/health";
import { chainLabel, count, joinNames, tokens, unknownUntil } from "../../model/words";
import { Badge, Notice, Panel } from "../../ui/kit";
import { ProgressLine, useTransactions } from "../../wallet/transactions";

/** Sends satellites the newest index, paid by any account. */
export function BroadcastPanel() {
  const { mesh, satellites, home } = useMesh();
  const { send, progress, isBusy } = useTransactions();
  const stale = satellites.filter(({ lag }) => lag.state === "read" && lag.value !== undefined);
  const unsure = satellites.filter(({ lag }) => lag.state !== "read");
  // Satellites that may be stale; if all are synced, it may be sent to all again.
  const candidates = [...stale, ...unsure].map(({ chain }) => chain);
  const chosen = candidates.length > 0 ? candidates : mesh.satellites;
  const selectors = chosen.map(({ selector }) => selector);
  const quote = useQuery({
    queryKey: ["broadcast", selectors.join()],
    enabled: home.state === "read",
    queryFn: () => quoteBroadcast(mesh, selectors),
    refetchInterval: 10_000,
  });
  const fees = quote.isError ? undefined : quote.data;
  // CCIP 2.0 also quotes fees on a cursed lane, but rejects messages.
  const lanes = lastRead(home)?.value.lanes;
  const cursed = chosen.filter(({ selector }) => lanes && laneOf(lanes, selector).isCursed);
  const dead = chosen.filter((chain, i) => fees?.fees[i] === 0n && !cursed.includes(chain));
  const total = chosen.reduce(
    (sum, chain, i) => (cursed.includes(chain) ? sum : sum + (fees?.fees[i] ?? 0n)),
    0n,
  );
  const names = (some: readonly SyncReading[]) => joinNames(some.map(({ chain }) => chain.name));
  const obstacle =
    home.state !== "read"
      ? `What home would send is ${unknownUntil([mesh.home.name])}.`
      : !fees
        ? quote.isError
          ? "Home's endpoint does not say what it costs: it is asked again."
          : "Asking home what it costs."
        : dead.length + cursed.length === selectors.length
          ? "No lane takes a message now."
          : undefined;
  return (
    <Panel
      title="Broadcast"
      aside={
        <>
          {stale.length > 0 && <Badge tone="wait">{stale.length} stale</Badge>}
          {unsure.length > 0 && <Badge tone="muted">{unsure.length} not read</Badge>}
          {stale.length + unsure.length === 0 && (
            <Badge tone="good">all satellites are synced</Badge>
          )}
        </>
      }
    >
      <p>
        {candidates.length === 0
          ? "Every satellite has the newest epoch. Sending it again changes nothing and costs the fee."
          : stale.length === 0
            ? `Whether ${names(unsure)} ${unsure.length === 1 ? "is" : "are"} synced is unknown. A broadcast that was not needed changes nothing and costs the fee.`
            : `Sends ${joinNames(candidates.map(({ name }) => name))} the newest index. Anyone may pay for it: a broadcast always carries home's own state.`}
      </p>
      <ul className="plain">
        {[...stale, ...unsure].map((satellite) => (
          <li key={satellite.chain.name}>{syncText(satellite)}</li>
        ))}
      </ul>
      <SkippedLanes cursed={cursed} dead={dead} />
      <p>
        <small>
          A tenth more is sent along, for the fee may rise; what is not needed comes back.
        </small>
      </p>
      {obstacle && (
        <small id="broadcast-obstacle" className="unknown">
          {obstacle}
        </small>
      )}
      <button
        type="button"
        aria-describedby={obstacle && "broadcast-obstacle"}
        disabled={isBusy || obstacle !== undefined}
        onClick={() =>
          void send(`broadcast to ${joinNames(chosen.map(({ name }) => name))}`, async () => [
            await broadcastCall(mesh, selectors),
          ])
        }
      >
        Broadcast
        {home.state === "read" &&
          stale.length === 0 &&
          unsure.length > 0 &&
          ` to ${names(unsure)}, which ${unsure.length === 1 ? "was" : "were"} not read,`}
        {total > 0n ? ` for ${tokens(total, nativeSymbol(mesh.home), 6)}` : ""}
      </button>
      <ProgressLine progress={progress} />
    </Panel>
  );
}

/** Lists the lanes that a broadcast skips: cursed ones, and those that quote no fee. */
function SkippedLanes({
  cursed,
  dead,
}: {
  cursed: readonly DeployedChain[];
  dead: readonly DeployedChain[];
}) {
  return (
    <>
      {cursed.length > 0 && (
        <Notice tone="wait">
          The lane to {joinNames(cursed.map(({ name }) => name))} is cursed: it is skipped and costs
          nothing. Broadcast again once the curse is lifted.
        </Notice>
      )}
      {dead.length > 0 && (
        <Notice tone="wait">
          The lane to {joinNames(dead.map(({ name }) => name))} gives no fee now: it is skipped and
          costs nothing. Broadcast again once it is back.
        </Notice>
      )}
    </>
  );
}

/** Describes a sync status: "Satellite 2: not read, its endpoint cannot be reached." */
function syncText({ chain, lag }: SyncReading): string {
  const label = chainLabel(chain.name);
  return match(lag, {
    unread: (names, [failure]) =>
      `${label}: whether it is synced is ${unknownUntil(names)}${failure ? ` (${failure.reason})` : ""}.`,
    read: (value) => (value ? `${lagText(value)}.` : `${label} is synced.`),
    stale: (value, at, failures) =>
      `${label}: ${value ? `stale by ${count(value.epochs, "epoch")}` : "synced"} when ${joinNames(failures.map(({ source }) => source))} was last read, at block ${at.find(({ source }) => source === failures[0]?.source)?.block ?? "unknown"}.`,
  });
}
