import { call, localAccount, sendAll, withChain } from "ccip-localnet";
import { LOCAL_ACCOUNTS } from "ccip-localnet/config";
import { curseSubject, GLOBAL_CURSE_SUBJECT } from "ccip-localnet/protocol";

import { OperatorError } from "../../core/errors";
import { localnetRoot } from "../../../config/env";
import { readCurse } from "../../ccip/rmn";
import { toJson } from "../../core/json";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";

import { runningChain, runningNetwork } from "../../localnet/running";

/** The chain whose RMN curses, and the subject. */
export interface CurseOptions {
  /** Network name of a local chain. */
  readonly chain: string;
  /** Network name of another one; everything unless named. */
  readonly remote?: string;
  /** Below which the network keeps its files; the project's own unless named. */
  readonly directory?: string;
  /** One JSON document instead of prose. */
  readonly json?: boolean;
}

/**
 * Curses or uncurses on a local chain, as the owner of its CCIP does.
 * @throws when no local network runs, or a chain is none of its.
 */
export async function changeCurse(
  verb: "curse" | "uncurse",
  { chain: name, remote: remoteName, directory = localnetRoot(), json = false }: CurseOptions,
  { stdout }: Output = consoleOutput,
): Promise<void> {
  const network = runningNetwork(directory);
  const chain = runningChain(network, name);
  const remote = remoteName === undefined ? undefined : runningChain(network, remoteName);
  if (remote === chain)
    throw new OperatorError(
      "INVALID_OPTION",
      `--chain and --remote are both ${name}, and no chain curses itself: name another --remote, or leave it out to curse everything.`,
    );
  const subject = remote ? curseSubject(BigInt(remote.selector)) : GLOBAL_CURSE_SUBJECT;
  const what = remote ? remote.name : "everything";
  const cursed = verb === "curse";
  const [changed, text] = await withChain(chain, async (provider): Promise<[boolean, string]> => {
    // No chain has selector 0: for it, only a curse on everything counts.
    const now = await readCurse(provider, chain.ccip.rmnRemote, BigInt(remote?.selector ?? 0));
    if (!cursed && remote && now === "everything") {
      throw new OperatorError(
        "INVALID_OPTION",
        `${name} curses everything, not ${remote.name} alone: leave --remote out.`,
      );
    }
    if ((now === (remote ? "remote" : "everything")) === cursed) {
      const state = cursed ? "curses" : "does not curse";
      return [false, `${name} ${state} ${what} already: nothing to do.`];
    }
    const owner = localAccount(LOCAL_ACCOUNTS.ccipOwner, provider);
    await sendAll(owner, [call(chain.ccip, "rmnRemote", `${verb}(bytes16)`, [subject])]);
    if (!cursed) return [true, `${name} does not curse ${what} any more.`];
    const stopped = chain.ccip.version === "1.6" ? "takes, commits" : "takes";
    return [true, `${name} curses ${what}: CCIP ${stopped} and executes nothing of it there.`];
  });
  stdout(json ? toJson({ chain: name, remote: remote?.name ?? null, cursed, changed }) : text);
}
