import { useQueries, useQueryClient } from "@tanstack/react-query";
import type { QueryClient } from "@tanstack/react-query";
import { EndpointError, meaningOf } from "core/endpoint/errors";
import type { Meaning } from "core/endpoint/errors";

import { failedSince, unread } from "../model/reading";
import type { Failure, Read, Reading } from "../model/reading";
import type { DeployedChain } from "../deployments";

/** Thrown for an answer that contradicts itself or an earlier one, and is therefore not used. */
export class ContradictionError extends Error {
  override readonly name = "ContradictionError";
}

/** A query to each chain, and its interval. */
export interface ReadingPlan<T> {
  /** Prefix of the query keys, before the chain's name. */
  readonly key: readonly string[];
  readonly read: (chain: DeployedChain, before: Read<T> | undefined) => Promise<Read<T>>;
  /** Interval between two attempts, milliseconds. */
  readonly interval: number;
}

/** By query; stored here, because a query that never succeeded loses its error on a retry. */
const failuresOf = new WeakMap<QueryClient, Map<string, Failure>>();

/**
 * Reads a value from each chain periodically and independently: a slow or dead one delays no other, and its failure
 * has a start time.
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
          known.set(id, {
            source: chain.name,
            since,
            reason: reasonOf(error),
            ...(isLagging(error) && { isLagging: true }),
          });
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

/** Short descriptions of endpoint errors. */
const DOINGS: Partial<Record<Meaning, string>> = {
  tooSlow: "its endpoint took too long to answer",
  noAnswer: "its endpoint cannot be reached",
  brokenAnswer: "its endpoint's answer cannot be read",
  throttled: "its endpoint throttles",
  lagging: "its endpoint lags behind",
  accessRefused: "its endpoint refuses access",
};

/** Describes why a chain was not read. */
export function reasonOf(error: unknown): string {
  const crossFieldError = causeOf(error, ContradictionError);
  if (crossFieldError) return crossFieldError.message;
  const cause = causeOf(error, EndpointError);
  if (!cause) return "its endpoint's answer cannot be read";
  return DOINGS[meaningOf(cause)] ?? `its endpoint says: ${cause.reason}`;
}

function isLagging(error: unknown): boolean {
  const cause = causeOf(error, EndpointError);
  return cause !== undefined && meaningOf(cause) === "lagging";
}

function causeOf<E extends Error>(
  error: unknown,
  kind: abstract new (...args: never[]) => E,
  depth = 0,
): E | undefined {
  if (error instanceof kind) return error;
  if (!(error instanceof Error) || depth > 8) return undefined;
  return causeOf(error.cause, kind, depth + 1);
}
