import { advance, withChains } from "ccip-localnet";

import { localnetRoot } from "../../../config/env";
import { InputError } from "../../core/input/error";
import { parseDuration } from "../../core/duration";
import { toJson } from "../../core/json";
import { runningNetwork } from "../../localnet/running";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";

/** The span by which the clocks move. */
export interface AdvanceOptions {
  /** A duration: 90s, 10m, 1h30m or 2d. */
  readonly time: string;
  /** Below which the network keeps its files; the project's own unless named. */
  readonly directory?: string;
  /** One JSON document instead of prose. */
  readonly json?: boolean;
}

/**
 * Moves the clocks of all local chains to one second.
 * @throws when no local network runs, or the duration is not one.
 */
export async function advanceClocks(
  { time, directory = localnetRoot(), json = false }: AdvanceOptions,
  { stdout }: Output = consoleOutput,
): Promise<void> {
  const seconds = parseDuration(time);
  if (seconds === 0n) {
    throw new InputError("INVALID_DURATION", "zero", time, "moves no clock: write 1s or more.");
  }
  const { chains } = runningNetwork(directory);
  const timestamp = await withChains(chains, (providers) =>
    advance(
      providers.map((provider, i) => ({ name: chains[i]?.name ?? "", provider })),
      Number(seconds),
    ),
  );
  const text = new Date(timestamp * 1_000).toISOString();
  stdout(
    json
      ? toJson({ timestamp, time: text })
      : `The time on all ${chains.length} chains is ${text}.`,
  );
}
