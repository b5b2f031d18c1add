import { withoutSecrets } from "../files/secrets";

import { orUnreachable } from "./open";

/** The errors of chains that were not read, by network name. */
export type UnreadChains = ReadonlyMap<string, Error>;

/** The values read from chains, by network name, and the errors of the others. */
export interface EachRead<T> {
  readonly read: ReadonlyMap<string, T>;
  readonly unread: UnreadChains;
}

/**
 * Reads every chain that answers, all at once.
 * @param unreachable chains that are known not to answer: they are skipped.
 */
export async function eachThatAnswers<C extends { readonly name: string }, T>(
  chains: readonly C[],
  unreachable: UnreadChains | undefined,
  read: (chain: C) => Promise<T>,
): Promise<EachRead<T>> {
  const unread = new Map(unreachable);
  const answers = await Promise.all(
    chains.map((chain) =>
      orUnreachable(unread, chain.name, async () => [chain.name, await read(chain)] as const),
    ),
  );
  return { read: new Map(answers.filter((answer) => answer !== undefined)), unread };
}

/** Returns whether something holds on all chains; null while nothing says that it does not, and a chain is unread. */
export function holdsOnAll(holdsOnRead: boolean, unread: UnreadChains): boolean | null {
  if (!holdsOnRead) return false;
  return unread.size > 0 ? null : true;
}

/** Returns the errors as in a JSON document. */
export function unreadDocument(unread: UnreadChains): Record<string, string> {
  return Object.fromEntries(
    [...unread].map(([name, { message }]) => [name, withoutSecrets(message)]),
  );
}

/** Returns the condition of a verdict: "until local-sat1 is read". */
export function untilRead(unread: UnreadChains): string {
  return `until ${[...unread.keys()].join(", ")} ${unread.size === 1 ? "is" : "are"} read`;
}
