import type { Localnet } from "../../lib/localnet/localnet";
import { chainsOf } from "../../lib/core/mesh/mesh";
import type { Mesh, MeshChain } from "../../lib/core/mesh/mesh";
import { openProvider } from "../../lib/rpc/provider";

import { Dice } from "./seededRandom";
import { startFaultyRpc } from "./faultyRpc";
import type { Fault } from "./faultyRpc";

const FAULTS: readonly Fault[] = ["hang", "429", "throttled", "lose answer", "break"];

/** A mesh whose chains are reached through endpoints that fail now and then. */
export interface FaultyMesh {
  readonly mesh: Mesh;
  /** Makes the same faults happen again: `SEED=…`. */
  readonly seed: number;
  /** Number of requests that met a fault. */
  faults(): number;
  close(): Promise<void>;
}

/**
 * Puts a failing endpoint in front of every chain of a mesh.
 * @param every one request in so many meets a fault; six in a row would be too much for the provider.
 */
export async function throughFaults(
  localnet: Localnet,
  direct: Mesh,
  { every }: { readonly every: number },
): Promise<FaultyMesh> {
  const random = new Dice();
  let faults = 0;
  const closers: (() => Promise<void>)[] = [];
  const through = async <C extends MeshChain>(chain: C): Promise<C> => {
    const url = localnet.chains.find(({ name }) => name === chain.name)?.url ?? "";
    const endpoint = await startFaultyRpc(url);
    closers.push(() => endpoint.close());
    const provider = await openProvider(chain.name, endpoint.url, chain.chainId, {
      answerTimeoutMs: 400,
      retryPolicy: { attempts: 6, pauseMs: 5, maxPauseMs: 50 },
    });
    endpoint.inject(() => {
      if (random.below(every) > 0) return "pass";
      faults += 1;
      return random.pick(FAULTS);
    });
    return { ...chain, provider };
  };
  const mesh: Mesh = {
    ...direct,
    home: await through(direct.home),
    satellites: await Promise.all(direct.satellites.map(through)),
  };
  return {
    mesh,
    seed: random.seed,
    faults: () => faults,
    close: async () => {
      chainsOf(mesh).forEach(({ provider }) => provider.destroy());
      await Promise.all(closers.map((close) => close()));
    },
  };
}
