import { CCIP_VERSIONS } from "ccip-localnet/protocol";
import type { CcipVersion } from "ccip-localnet/protocol";

import { counted } from "../../lib/cli/text";
import type { Progress } from "../../lib/core/progress";

import { measureBatches } from "./batches";
import type { BatchGas } from "./batches";
import { measureBridging } from "./bridging";
import type { BridgeGas } from "./bridging";
import { measureHolders } from "./holders";
import type { HolderGas } from "./holders";
import { readMachine, measureBoot, measureThroughput } from "./localNetwork";
import type { BootTime, Throughput, Times } from "./localNetwork";
import type { PeerName } from "./peers";
import { measureSatellites } from "./satellites";
import type { BroadcastGas } from "./satellites";
import { measureTokens } from "./tokens";
import type { TokenGas } from "./tokens";

type ByVersion<T> = Readonly<Record<CcipVersion, T>>;
type BesidePool<T> = Readonly<Record<"ours" | "BurnMintTokenPool", T>>;

/** Gas beside the peers, which the README shows. */
export interface PeerReport {
  readonly tokens: Readonly<Record<"ours" | PeerName, TokenGas>>;
  readonly bridging: ByVersion<BesidePool<BridgeGas>>;
}

/** Gas by the size of a mesh. */
export interface GrowthReport {
  readonly holders: readonly HolderGas[];
  readonly satellites: ByVersion<BroadcastGas>;
  readonly batches: ByVersion<BesidePool<readonly BatchGas[]>>;
}

/** All that a run measures; a quick one measures no times. */
export interface Report extends PeerReport, GrowthReport {
  readonly times: Times | undefined;
}

export const HOLDERS = [1, 10, 100, 1_000, 10_000, 100_000];
export const SATELLITES = [1, 2, 5, 10, 15];
export const MESSAGES = [1, 5, 10, 25, 50];
const CHAINS = [1, 3, 5, 10];

/** Measures gas beside the peers, on one chain in this process. */
export async function measurePeers(progress: Progress): Promise<PeerReport> {
  return {
    tokens: await progress.during("the tokens", measureTokens),
    bridging: await byVersion((version) =>
      progress.during(`transfers over CCIP ${version}`, () => measureBridging(version)),
    ),
  };
}

/** Measures gas while the mesh grows, on one chain in this process. */
export async function measureGrowth(progress: Progress): Promise<GrowthReport> {
  return {
    holders: await progress.during(`up to ${HOLDERS.at(-1)} holders`, () =>
      measureHolders(HOLDERS),
    ),
    satellites: await byVersion((version) =>
      progress.during(`broadcasts over CCIP ${version}`, () =>
        measureSatellites(version, SATELLITES),
      ),
    ),
    batches: await byVersion((version) =>
      progress.during(`batches over CCIP ${version}`, () => measureBatches(version, MESSAGES)),
    ),
  };
}

/** Measures local networks on nodes of their own. */
export async function measureTimes(progress: Progress): Promise<Times> {
  const machine = readMachine();
  const throughput: Throughput[] = [];
  for (const version of CCIP_VERSIONS) {
    const messages = Math.max(...MESSAGES);
    throughput.push(
      await progress.during(`messages over CCIP ${version} between two nodes`, () =>
        measureThroughput(version, messages),
      ),
    );
  }
  const boot: BootTime[] = [];
  for (const chains of CHAINS) {
    boot.push(
      await progress.during(`the start of ${counted(chains, "chain")}`, () => measureBoot(chains)),
    );
  }
  return { ...machine, boot, throughput };
}

/** Measures in turn: all share one chain. */
async function byVersion<T>(measure: (version: CcipVersion) => Promise<T>): Promise<ByVersion<T>> {
  return { "2.0": await measure("2.0"), "1.6": await measure("1.6") };
}
