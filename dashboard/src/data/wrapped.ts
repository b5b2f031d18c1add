import type { Hex } from "viem";

import type { Reading } from "../model/reading";
import { hex } from "../deployments";
import type { DeployedChain } from "../deployments";
import { readNewest } from "./client";
import { useMesh } from "./mesh";
import { useReadings } from "./useReadings";

/** Wrapped units on a chain. */
export interface WrappedReading {
  readonly chain: DeployedChain;
  readonly wrapped: Reading<bigint>;
}

/** Reads the wrapped units of an account, or of all, on each chain that has a wrapper. */
export function useWrapped(account?: Hex): readonly WrappedReading[] {
  const { mesh } = useMesh();
  const chains = mesh.chains.filter(({ contracts }) => contracts.wrapper);
  const readings = useReadings<bigint>(chains, {
    key: ["wrapped", account ?? "all"],
    read: (chain) =>
      readNewest(chain, (client, blockNumber) => {
        const contract = {
          address: hex(chain.contracts.wrapper ?? ""),
          abi: mesh.own.wrapper,
          blockNumber,
        } as const;
        return account
          ? client.readContract({ ...contract, functionName: "balanceOf", args: [account] })
          : client.readContract({ ...contract, functionName: "totalSupply" });
      }),
    interval: mesh.live ? 12_000 : 2_000,
  });
  return chains.flatMap((chain, i) => {
    const wrapped = readings[i];
    return wrapped ? [{ chain, wrapped }] : [];
  });
}
