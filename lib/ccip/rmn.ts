import type { Provider } from "ethers";
import { z } from "zod";
import { curseSubject, GLOBAL_CURSE_SUBJECT, readOne, released } from "ccip-localnet/protocol";

import type { Curse } from "../core/reasons/reason";

export type { Curse };

/**
 * Reads whether RMN curses what a chain exchanges with a remote one.
 * @param rmn RMNRemote, or the proxy in front of it.
 * @returns undefined when it does not.
 */
export async function readCurse(
  provider: Pick<Provider, "call">,
  rmn: string,
  remoteSelector: bigint,
): Promise<Curse | undefined> {
  const subjects = await readOne(
    provider,
    { address: rmn, interface: released("rmnRemote").interface },
    "getCursedSubjects",
    [],
    z.array(z.string()),
  );
  if (subjects.includes(curseSubject(remoteSelector))) return "remote";
  return subjects.includes(GLOBAL_CURSE_SUBJECT) ? "everything" : undefined;
}

/** Reads the account that may curse and uncurse on a chain: the owner of the RMNRemote behind the proxy. */
export async function readCurser(provider: Pick<Provider, "call">, proxy: string): Promise<string> {
  const rmnRemote = await readOne(
    provider,
    { address: proxy, interface: released("rmnProxy").interface },
    "getARM",
    [],
    z.string(),
  );
  return readOne(
    provider,
    { address: rmnRemote, interface: released("rmnRemote").interface },
    "owner",
    [],
    z.string(),
  );
}
