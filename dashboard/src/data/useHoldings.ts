import { useQueries } from "@tanstack/react-query";
import type { Hex } from "viem";

import { readHolding } from "./holdings";
import { useMesh } from "./mesh";

/** What an account has on each chain of the mesh, in the mesh's order, read again and again. */
export function useHoldings(account: Hex) {
  const { mesh } = useMesh();
  return useQueries({
    queries: mesh.chains.map((chain) => ({
      queryKey: ["holding", chain.name, account],
      queryFn: () => readHolding(mesh, chain, account),
      refetchInterval: mesh.live ? 12_000 : 2_000,
    })),
  });
}
