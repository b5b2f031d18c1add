import { setTimeout as sleep } from "node:timers/promises";
import { mineAt, now } from "ccip-localnet";
import type { RpcProvider } from "ccip-localnet/protocol";

import { waitedTimes } from "../mesh/step";
import type { Step } from "../mesh/step";

/** Polling interval for the arrival of a message on a running local network, milliseconds. */
const POLL_MS = 200;

/** Time after which a message counts as lost, milliseconds: the DON of a local network takes about a second. */
const MESSAGE_TIMEOUT_MS = 60_000;

type Clocks = readonly { readonly name: string; readonly provider: RpcProvider }[];

/**
 * Moves the clocks of local chains, all to the same second, to when the last of some steps may go on.
 * @returns false when one of them does not wait for time.
 */
export async function passDelays(chains: Clocks, steps: readonly Step[]): Promise<boolean> {
  const times = waitedTimes(steps);
  if (times.length < steps.length) return false;
  const until = Math.max(...times);
  if (until > (await now(chains))) await mineAt(chains, until);
  return true;
}

/** Waits on a local network that another process runs: its DON delivers messages by itself. */
export function passTimeOn(chains: Clocks): (steps: readonly Step[]) => Promise<boolean> {
  let waitingSince: number | undefined;
  return async (steps) => {
    if (await passDelays(chains, steps)) {
      waitingSince = undefined;
      return true;
    }
    waitingSince ??= Date.now();
    if (Date.now() - waitingSince > MESSAGE_TIMEOUT_MS) return false;
    await sleep(POLL_MS);
    return true;
  };
}
