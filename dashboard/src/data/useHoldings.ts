import type { Hex } from "viem";

import { lastRead, unread } from "../model/reading";
import type { Reading } from "../model/reading";
import { readCounted, readHolding, readMovements } from "./holdings";
import type { Holding } from "./holdings";
import type { CountedAt } from "../model/worth";
import type { ShareMovement } from "../model/history";
import { useMesh } from "./mesh";
import { useReadings } from "./useReadings";

/** Returns the balances of an account on each chain, in the mesh's order, read periodically. */
export function useHoldings(account: Hex): readonly Reading<Holding>[] {
  const { mesh } = useMesh();
  return useReadings<Holding>(mesh.chains, {
    key: ["holding", account],
    read: (chain) => readHolding(mesh, chain, account),
    interval: mesh.live ? 12_000 : 2_000,
  });
}

/** Returns the shares of an account on each chain at the block of its ledger, in the mesh's order. */
export function useCounted(account: Hex): readonly Reading<CountedAt>[] {
  const { mesh, chainOf } = useMesh();
  const logged = mesh.chains.filter(({ name }) => lastRead(chainOf(name).ledger));
  const readings = useReadings<CountedAt>(logged, {
    key: ["counted", account],
    read: (chain) => {
      const ledger = lastRead(chainOf(chain.name).ledger);
      if (!ledger) throw new Error(`The logs of ${chain.name} have not been read.`);
      return readCounted(mesh, chain, account, ledger);
    },
    interval: mesh.live ? 12_000 : 2_000,
  });
  return mesh.chains.map((chain) => readings[logged.indexOf(chain)] ?? unread(chain.name));
}

/** Returns every movement of an account's shares on each chain, in the mesh's order. */
export function useMovements(account: Hex): readonly Reading<readonly ShareMovement[]>[] {
  const { mesh } = useMesh();
  return useReadings<readonly ShareMovement[]>(mesh.chains, {
    key: ["movements", account],
    read: (chain) => readMovements(mesh, chain, account),
    interval: mesh.live ? 36_000 : 6_000,
  });
}
