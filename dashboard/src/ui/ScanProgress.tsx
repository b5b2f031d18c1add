import { lastRead } from "../model/reading";
import { duration, chainLabel, joinNames } from "../model/words";
import { useMesh } from "../data/mesh";

/** Shows the progress of the first reading of logs, and the chains whose logs cannot be read now. */
export function ScanProgress() {
  const { chains, scans } = useMesh();
  const unread = chains.filter(({ ledger }) => ledger.state !== "read");
  if (unread.length === 0) return null;
  const isFirst = unread.some(({ ledger }) => ledger.state === "unread");
  const names = unread.map(({ chain }) => chain.name);
  return (
    <div className="scan">
      <p role="status">
        {isFirst
          ? "Reading what the chains have logged. This is done once and kept in this browser."
          : `What ${joinNames(names)} logged cannot be read now.`}{" "}
        Until {joinNames(names)} {names.length === 1 ? "is" : "are"} read, messages from there may
        be missing, and what became of messages to there is unknown.
      </p>
      <ul className="plain">
        {unread.map(({ chain, ledger }) => {
          const percent = Math.floor((scans.get(chain.name) ?? 0) * 100);
          return (
            <li key={chain.name}>
              {ledger.state === "failed" && (
                <p>
                  {chainLabel(chain.name)}:{" "}
                  {ledger.failures
                    .map(
                      ({ reason, since }) =>
                        `${reason}, for ${duration(Date.now() / 1_000 - since)}`,
                    )
                    .join("; ")}
                  . It is asked again and again.
                  {ledger.last &&
                    ` What is shown of it is as of block ${ledger.last.value.blockNumber}.`}
                </p>
              )}
              {!lastRead(ledger) && (ledger.state === "unread" || percent > 0) && (
                <label>
                  {chainLabel(chain.name)}: {percent} %
                  <progress max={100} value={percent} />
                </label>
              )}
            </li>
          );
        })}
      </ul>
    </div>
  );
}
