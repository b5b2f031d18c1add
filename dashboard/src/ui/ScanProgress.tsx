import { useMesh } from "../data/mesh";
import { chainLabel } from "../model/words";

/** How far the first reading of the chains' logs has come; nothing once all of them are known. */
export function ScanProgress() {
  const { chains, scans, hasLogs } = useMesh();
  if (hasLogs) return null;
  return (
    <div className="scan">
      <p role="status">
        Reading what the chains have logged. This is done once and kept in this browser; until it is
        done, messages may have come further than is shown.
      </p>
      <ul className="plain">
        {chains
          .filter(({ ledger }) => !ledger)
          .map(({ chain, hasLogFault }) => {
            const percent = Math.floor((scans.get(chain.name) ?? 0) * 100);
            return (
              <li key={chain.name}>
                <label>
                  {chainLabel(chain.name)}: {percent} %
                  {hasLogFault && ", its endpoint refuses now and is asked again"}
                  <progress max={100} value={percent} />
                </label>
              </li>
            );
          })}
      </ul>
    </div>
  );
}
