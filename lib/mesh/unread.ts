import { withoutSecrets } from "../files/secrets";

/** Errors of chains that were not read, by network name. */
export type UnreadChains = ReadonlyMap<string, Error>;

/**
 * Runs an action on a chain; where chains may be unavailable, records the error instead of throwing it.
 * @returns undefined for a chain that does not answer.
 */
export async function orUnreachable<T>(
  unreachable: Map<string, Error> | undefined,
  chain: string,
  action: () => Promise<T>,
): Promise<T | undefined> {
  if (!unreachable) return action();
  if (unreachable.has(chain)) return undefined;
  try {
    return await action();
  } catch (error) {
    unreachable.set(chain, error instanceof Error ? error : new Error(String(error)));
    return undefined;
  }
}

/**
 * Reads every chain that answers, all in parallel: the values by network name, and the errors of the others.
 * @param unreachable chains that are known not to answer: they are skipped.
 */
export async function eachThatAnswers<C extends { readonly name: string }, T>(
  chains: readonly C[],
  unreachable: UnreadChains | undefined,
  read: (chain: C) => Promise<T>,
): Promise<{ readonly read: ReadonlyMap<string, T>; readonly unread: UnreadChains }> {
  const unread = new Map(unreachable);
  const answers = await Promise.all(
    chains.map((chain) =>
      orUnreachable(unread, chain.name, async () => [chain.name, await read(chain)] as const),
    ),
  );
  return { read: new Map(answers.filter((answer) => answer !== undefined)), unread };
}

/** Returns the errors of some chains only: the others do not matter to a view of these. */
export function among(
  chains: readonly { readonly name: string }[],
  unread: UnreadChains = new Map(),
): UnreadChains {
  return new Map([...unread].filter(([name]) => chains.some((chain) => chain.name === name)));
}

/**
 * Returns whether a condition holds on all chains; null while it holds on all chains that were read and some were
 * not.
 */
export function holdsOnAll(holdsOnRead: boolean, unread: UnreadChains): boolean | null {
  if (!holdsOnRead) return false;
  return unread.size > 0 ? null : true;
}

/** Returns the errors for a JSON document. */
export function unreadDocument(unread: UnreadChains): Record<string, string> {
  return Object.fromEntries(
    [...unread].map(([name, { message }]) => [name, withoutSecrets(message)]),
  );
}

/** Returns the condition of an incomplete verdict: "until local-sat1 is read". */
export function untilRead(unread: UnreadChains): string {
  return `until ${[...unread.keys()].join(", ")} ${unread.size === 1 ? "is" : "are"} read`;
}
