import { advance } from "../nodes/clock";
import { runningNetwork, withChains } from "../running";

import type { Typed } from "./arguments";
import { UsageError, parseSeconds, print } from "./text";

/** Moves the clocks of all chains of the running network to one second. */
export async function advanceCommand(
  { directory, json }: Typed,
  [text]: readonly string[],
): Promise<void> {
  if (text === undefined) throw new UsageError("advance wants a span of time: 90s, 10m, 1h or 2d.");
  const seconds = parseSeconds(text);
  const { chains } = runningNetwork(directory);
  const timestamp = await withChains(chains, (providers) =>
    advance(
      providers.map((provider, i) => ({ name: chains[i]?.name ?? "", provider })),
      seconds,
    ),
  );
  const time = new Date(timestamp * 1_000).toISOString();
  print(json, { timestamp, time }, `It is ${time} on all ${chains.length} chains.`);
}
