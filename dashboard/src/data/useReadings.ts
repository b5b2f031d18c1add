import { useQueries, useQueryClient } from "@tanstack/react-query";
import type { QueryClient } from "@tanstack/react-query";
import { EndpointError, meaningOf } from "core/endpoint/errors";
import type { Meaning } from "core/endpoint/errors";

import { failedSince, unread } from "core/reading";
import type { Failure, Read, Reading } from "core/reading";
import type { DeployedChain } from "../deployments";

/** An answer that contradicts itself or an earlier one: it is not taken for what the chain says. */
export class ContradictionError extends Error {
  override readonly name = "ContradictionError";
}

/** A question to each chain, and how often it is asked. */
export interface ReadingPlan<T> {
  /** Key of its answers, before the chain's name. */
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

/** Faults of an endpoint, in a few words. */
const DOINGS: Partial<Record<Meaning, string>> = {
  tooSlow: "its endpoint took too long to answer",
  noAnswer: "its endpoint cannot be reached",
  brokenAnswer: "its endpoint's answer cannot be read",
  throttled: "its endpoint throttles",
  lagging: "its endpoint lags behind",
  accessRefused: "its endpoint refuses access",
};

/** Says why a chain was not read. */
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
