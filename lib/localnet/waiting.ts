import { setTimeout as sleep } from "node:timers/promises";
import { mineAt, now } from "ccip-localnet";
import type { RpcProvider } from "ccip-localnet/protocol";

import type { Step } from "../mesh/step";

/** Polling interval for the arrival of a message on a running local network, milliseconds. */
const POLL_MS = 200;

/** After which a message is not on its way: the DON of a local network takes about a second. */
const MESSAGE_TIMEOUT_MS = 60_000;

/**
 * Waits on a local network that another process runs: its DON delivers messages by itself, and delays
 * pass by moving the chains' clocks, all of them to the same second.
 */
export function passTimeOn(
  chains: readonly { readonly name: string; readonly provider: RpcProvider }[],
): (steps: readonly Step[]) => Promise<boolean> {
  let waitingSince: number | undefined;
  return async (steps) => {
    const times = steps.flatMap(({ status }) =>
      status.kind === "waiting" && status.until !== undefined ? [Number(status.until)] : [],
    );
    if (times.length < steps.length) {
      waitingSince ??= Date.now();
      if (Date.now() - waitingSince > MESSAGE_TIMEOUT_MS) return false;
      await sleep(POLL_MS);
      return true;
    }
    waitingSince = undefined;
    const until = Math.max(...times);
    if (until > (await now(chains))) await mineAt(chains, until);
    return true;
  };
}
