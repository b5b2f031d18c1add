import { all, map, match } from "../../model/reading";

import { useMesh, useTick } from "../../data/mesh";
import { useListeners } from "../../data/listeners";
import type { Told } from "../../data/listeners";
import type { DeployedChain } from "../../deployments";
import { countingText, listenerName, listenerState } from "../../model/listeners";
import { chainLabel, silenceText } from "../../model/words";
import { GrowthIndex } from "../../ui/GrowthIndex";
import { NotRead } from "../../ui/Known";
import { Badge, Hash, Panel, StackedTable } from "../../ui/kit";
import type { StackedRow } from "../../ui/kit";

/** Shows the contracts that act on a rebase, with the last index that each was told. */
export function Listeners() {
  const { chainOf, now } = useMesh();
  useTick();
  const rows = useListeners().flatMap(({ chain, told }) =>
    match<Told, StackedRow[]>(
      // An endpoint that lags behind has no newer listeners either.
      map(all([told, chainOf(chain.name).snapshot]), ([newest]) => newest),
      {
        unread: (names, failures) => [
          {
            key: chain.name,
            cells: [
              chainLabel(chain.name),
              <NotRead key="listener" names={names} failures={failures} />,
              "",
              "",
            ],
          },
        ],
        read: (value) => rowsOf(chain, value, now(chain.name)),
        stale: (value, _, failures) =>
          rowsOf(chain, value, now(chain.name), `as last read: ${silenceText(failures)}`),
      },
    ),
  );
  return (
    <Panel title="Listeners">
      {rows.length === 0 ? (
        <p>No contract is registered to be told of a rebase.</p>
      ) : (
        <StackedTable
          label="Table of listeners"
          columns={["Chain", "Listener", "Last index told", "State"]}
          rows={rows}
        />
      )}
    </Panel>
  );
}

function rowsOf(
  chain: DeployedChain,
  { listeners, state }: Told,
  now: number,
  age?: string,
): StackedRow[] {
  return listeners.map((listener) => {
    const { address, toldEpoch, toldSharesPerToken } = listener;
    const { tone, text, detail } = listenerState(listener, state, now);
    return {
      key: `${chain.name}${address}`,
      className: age ? "silent" : "",
      cells: [
        chainLabel(chain.name),
        <>
          {listenerName(chain.contracts, address)}{" "}
          <Hash
            value={address}
            what="address of the listener"
            href={chain.explorer && `${chain.explorer}/address/${address}`}
          />
        </>,
        <>
          <GrowthIndex sharesPerToken={toldSharesPerToken} />
          <small>{countingText(toldEpoch)}</small>
        </>,
        <>
          <Badge tone={age ? "muted" : tone}>{text}</Badge>
          {detail && <small>{detail}</small>}
          {age && <small className="unknown">{age}</small>}
        </>,
      ],
    };
  });
}
