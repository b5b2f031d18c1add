import type { Provider } from "ethers";
import { z } from "zod";
import { curseSubject, GLOBAL_CURSE_SUBJECT, readOne, released } from "ccip-localnet/protocol";

import type { Curse } from "../core/reasons/reason";

type Caller = Pick<Provider, "call">;

/** Reads whether RMN, or the proxy in front of it, curses what a chain exchanges with a remote one; undefined if not. */
export async function readCurse(
  caller: Caller,
  address: string,
  remoteSelector: bigint,
): Promise<Curse | undefined> {
  const rmn = { address, interface: released("rmnRemote").interface };
  const subjects = await readOne(caller, rmn, "getCursedSubjects", [], z.array(z.string()));
  if (subjects.includes(curseSubject(remoteSelector))) return "remote";
  return subjects.includes(GLOBAL_CURSE_SUBJECT) ? "everything" : undefined;
}

/** Reads the account that may curse and uncurse on a chain: the owner of the RMNRemote behind the proxy. */
export async function readCurser(caller: Caller, proxy: string): Promise<string> {
  const contract = { address: proxy, interface: released("rmnProxy").interface };
  const address = await readOne(caller, contract, "getARM", [], z.string());
  const rmn = { address, interface: released("rmnRemote").interface };
  return readOne(caller, rmn, "owner", [], z.string());
}
