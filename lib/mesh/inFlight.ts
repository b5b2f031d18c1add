import { RampJournal } from "../ccip/journal";
import { sharesInFlight } from "../supply/inFlight";
import type { ShareMessage } from "../supply/inFlight";

import { laneKey } from "./limits";
import type { LaneNames } from "./limits";
import { chainsOf } from "./mesh";
import type { Mesh } from "./mesh";

/**
 * The messages with tokens that are on their way on some lanes, by {@link laneKey}. A lane from a chain
 * outside of the mesh has none that could be seen.
 */
export async function messagesInFlight(
  mesh: Mesh,
  lanes: readonly LaneNames[],
): Promise<Map<string, ShareMessage[]>> {
  const keys = new Set(lanes.map(laneKey));
  const found = new Map([...keys].map((key) => [key, [] as ShareMessage[]]));
  const ends = new Set(lanes.flatMap(({ source, destination }) => [source, destination]));
  const chains = chainsOf(mesh).filter(({ name }) => ends.has(name));
  const journals = new Map(
    await Promise.all(
      chains.map(async (chain) => {
        const { name, selector, provider, ccip, deployedAt } = chain;
        const journal = new RampJournal({
          name,
          selector,
          provider,
          ccip,
          ...(deployedAt !== undefined && { firstBlock: deployedAt }),
        });
        await journal.refresh();
        return [selector, journal] as const;
      }),
    ),
  );
  for (const message of sharesInFlight(chains, journals))
    found.get(laneKey(message))?.push(message);
  return found;
}
