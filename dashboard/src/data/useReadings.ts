import { useQueries, useQueryClient } from "@tanstack/react-query";
import type { QueryClient } from "@tanstack/react-query";
import { BaseError, HttpRequestError, RpcRequestError, TimeoutError } from "viem";

import { failedSince, unread } from "../../../lib/core/reading";
import type { Failure, Read, Reading } from "../../../lib/core/reading";
import type { DeployedChain } from "../deployments";

/** An answer that contradicts itself or an earlier one: it is not taken for what the chain says. */
export class ContradictionError extends Error {
  override readonly name = "ContradictionError";
}

/** What is read of each chain, and how often. */
export interface ReadingPlan<T> {
  /** What it is kept under, before the chain's name. */
  readonly key: readonly string[];
  readonly read: (chain: DeployedChain, before: Read<T> | undefined) => Promise<Read<T>>;
  /** Milliseconds between two attempts. */
  readonly interval: number;
}

/** By query; kept here, because a query that never succeeded forgets its error when it tries again. */
const failuresOf = new WeakMap<QueryClient, Map<string, Failure>>();

/**
 * Reads something of each chain again and again, each for itself: a slow or dead one holds up no other, and
 * says since when it has not answered.
 */
export function useReadings<T>(
  chains: readonly DeployedChain[],
  { key, read, interval }: ReadingPlan<T>,
): Reading<T>[] {
  const client = useQueryClient();
  let failures = failuresOf.get(client);
  if (!failures) failuresOf.set(client, (failures = new Map<string, Failure>()));
  const known = failures;
  const queries = useQueries({
    queries: chains.map((chain) => ({
      queryKey: [...key, chain.name],
      queryFn: async ({ queryKey }: { queryKey: readonly string[] }): Promise<Read<T>> => {
        const id = queryKey.join();
        try {
          const answer = await read(chain, client.getQueryData<Read<T>>(queryKey));
          known.delete(id);
          return answer;
        } catch (error) {
          const since = known.get(id)?.since ?? Date.now() / 1_000;
          known.set(id, { source: chain.name, since, reason: reasonOf(error) });
          throw error;
        }
      },
      refetchInterval: interval,
      retry: false,
      structuralSharing: false,
    })),
  });
  return chains.map(({ name }, i): Reading<T> => {
    const before: Reading<T> = queries[i]?.data ?? unread(name);
    const failure = known.get([...key, name].join());
    return failure ? failedSince(before, failure) : before;
  });
}

/** Says in a few words of this page why a chain was not read: what endpoints say may contain their keys. */
export function reasonOf(error: unknown): string {
  if (error instanceof ContradictionError) return error.message;
  const causes: readonly unknown[] = [
    error,
    ...(error instanceof BaseError
      ? [TimeoutError, HttpRequestError, RpcRequestError].map((kind) =>
          error.walk((cause) => cause instanceof kind),
        )
      : []),
  ];
  for (const cause of causes) {
    if (cause instanceof TimeoutError) return "its endpoint took too long to answer";
    if (cause instanceof HttpRequestError)
      return cause.status === undefined
        ? "its endpoint cannot be reached"
        : `its endpoint answers with HTTP status ${cause.status}`;
    if (cause instanceof RpcRequestError) return `its endpoint answers with error ${cause.code}`;
  }
  return "its endpoint's answer cannot be read";
}
