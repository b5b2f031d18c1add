import { useQuery } from "@tanstack/react-query";

import { broadcastCall, quoteBroadcast } from "../../data/broadcast";
import { useMesh } from "../../data/mesh";
import { nativeSymbol } from "../../deployments";
import { lagInWords } from "../../model/verdict";
import { chainLabel, tokens } from "../../model/words";
import { Badge, Notice, Panel } from "../../ui/kit";
import { ProgressLine, useTransactions } from "../../wallet/wallet";

/** Tells satellites the newest index, for anyone who pays. */
export function BroadcastPanel() {
  const { mesh, lags, chains } = useMesh();
  const { send, progress, isBusy } = useTransactions();
  const home = chains.find(({ chain }) => chain === mesh.home)?.snapshot;
  const behind = mesh.satellites.filter(({ name }) => lags.some(({ chain }) => chain === name));
  const chosen = behind.length > 0 ? behind : mesh.satellites;
  const selectors = chosen.map(({ selector }) => selector);
  const quote = useQuery({
    queryKey: ["broadcast", home?.epoch.toString(), selectors.join()],
    queryFn: () => quoteBroadcast(mesh, selectors),
    refetchInterval: 10_000,
  });
  const dead = chosen.filter((_, i) => quote.data?.fees[i] === 0n);
  return (
    <Panel
      title="Broadcast"
      aside={
        behind.length === 0 ? (
          <Badge tone="good">nobody is behind</Badge>
        ) : (
          <Badge tone="wait">{behind.length} behind</Badge>
        )
      }
    >
      <p>
        {behind.length === 0
          ? "Every satellite has the newest epoch. Sending it again changes nothing and costs the fee."
          : `Tells ${behind.map(({ name }) => chainLabel(name)).join(" and ")} the newest index. Anyone may pay for it: it can only say the truth.`}
      </p>
      <ul className="plain">
        {lags.map((lag) => (
          <li key={lag.chain}>{lagInWords(lag)}.</li>
        ))}
      </ul>
      {dead.length > 0 && (
        <Notice tone="wait">
          The lane to {dead.map(({ name }) => chainLabel(name)).join(" and ")} gives no fee now,
          cursed or broken: it is skipped and costs nothing. Broadcast again once it is back.
        </Notice>
      )}
      <p>
        <small>
          A tenth more is sent along, for the fee may rise; what is not needed comes back.
        </small>
      </p>
      <button
        type="button"
        disabled={isBusy || selectors.length === 0 || dead.length === selectors.length}
        onClick={() =>
          void send(
            `broadcast to ${chosen.map(({ name }) => chainLabel(name)).join(" and ")}`,
            async () => [await broadcastCall(mesh, selectors)],
          )
        }
      >
        Broadcast
        {quote.data?.total ? ` for ${tokens(quote.data.total, nativeSymbol(mesh.home), 6)}` : ""}
      </button>
      <ProgressLine progress={progress} />
    </Panel>
  );
}
