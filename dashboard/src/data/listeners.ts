import { gasAround } from "core/mesh/listeners";

import type { Reading } from "../model/reading";
import type { CountedState, Listener } from "../model/listeners";
import { hex } from "../deployments";
import type { DeployedChain, MeshDescription } from "../deployments";
import { clientOf, readNewest } from "./client";
import type { ChainClient } from "./client";
import { useMesh } from "./mesh";
import { useReadings } from "./useReadings";

/** The listeners of a chain, and the index state of its token at the same block. */
export interface Told {
  readonly listeners: readonly Listener[];
  readonly state: CountedState;
}

/** Reads the listeners of each chain that has a notifier. */
export function useListeners(): readonly {
  readonly chain: DeployedChain;
  readonly told: Reading<Told>;
}[] {
  const { mesh } = useMesh();
  const chains = mesh.chains.filter(({ contracts }) => contracts.notifier);
  const readings = useReadings<Told>(chains, {
    key: ["listeners"],
    read: (chain) =>
      readNewest(chain, (client, blockNumber) => readTold(mesh, chain, client, blockNumber)),
    interval: mesh.live ? 12_000 : 2_000,
  });
  return chains.flatMap((chain, i) => {
    const told = readings[i];
    return told ? [{ chain, told }] : [];
  });
}

/** Reads the gas, beside an estimate, with which the listeners of a chain are told of an index. */
export async function readTellingGas(
  { own }: Pick<MeshDescription, "own">,
  chain: DeployedChain,
): Promise<bigint> {
  const { notifier } = chain.contracts;
  if (!notifier) return 0n;
  const contract = { address: hex(notifier), abi: own.notifier } as const;
  return gasAround(
    await clientOf(chain).readContract({ ...contract, functionName: "getNotifyGas" }),
  );
}

async function readTold(
  { own }: MeshDescription,
  { contracts }: DeployedChain,
  client: ChainClient,
  blockNumber: bigint,
): Promise<Told> {
  const token = { address: hex(contracts.token), abi: own.token, blockNumber } as const;
  const notifier = {
    address: hex(contracts.notifier ?? ""),
    abi: own.notifier,
    blockNumber,
  } as const;
  const [addresses, [epoch, current, next, effectiveAt], [generation]] = await Promise.all([
    client.readContract({ ...notifier, functionName: "getListeners" }),
    client.readContract({ ...token, functionName: "indexState" }),
    client.readContract({ ...token, functionName: "generation" }),
  ]);
  const listeners = await Promise.all(
    addresses.map(async (address) => ({
      ...(await client.readContract({
        ...notifier,
        functionName: "getListener",
        args: [address],
      })),
      address,
    })),
  );
  return {
    listeners,
    state: { epoch: BigInt(epoch), current, next, effectiveAt, generation: BigInt(generation) },
  };
}
