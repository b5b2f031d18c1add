import {
  WiderFaultError,
  addFault,
  advance,
  call,
  clearFaults,
  laneText,
  localAccount,
  sendAll,
  withChain,
  withChains,
} from "ccip-localnet";
import type { LaneSelection } from "ccip-localnet";
import { LOCAL_ACCOUNTS } from "ccip-localnet/config";
import { GLOBAL_CURSE_SUBJECT, curseSubject } from "ccip-localnet/protocol";

import { localnetRoot } from "../../../config/env";
import { readCurse } from "../../ccip/rmn";
import { OperatorError } from "../../core/errors";
import { parseDuration } from "../../core/duration";
import { InputError } from "../../core/input/error";
import { toJson } from "../../core/json";
import { sameChainError } from "../../core/mesh/members";
import { command } from "../../core/recovery";
import { localnetDirectory } from "../../localnet/manifest";
import { runningChain, runningNetwork } from "../../localnet/running";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";

/** Options of every task on a running local network. */
interface RunningOptions {
  /** The directory below which the network keeps its files; the project's own unless named. */
  readonly directory?: string;
  /** One JSON document instead of prose. */
  readonly json?: boolean;
}

/**
 * Moves the clocks of all local chains to one second.
 * @param time a duration: 90s, 10m, 1h30m or 2d.
 * @throws when no local network runs, or the duration is not one.
 */
export async function advanceClocks(
  { time, directory = localnetRoot(), json = false }: RunningOptions & { readonly time: string },
  { stdout }: Output = consoleOutput,
): Promise<void> {
  const seconds = parseDuration(time);
  if (seconds === 0n) {
    throw new InputError("INVALID_DURATION", "zero", time, "moves no clock: write 1s or more.");
  }
  const { chains } = runningNetwork(directory);
  const timestamp = await withChains(chains, (providers) =>
    advance(
      providers.map((provider, i) => ({ name: chains[i]?.name ?? "", provider })),
      Number(seconds),
    ),
  );
  const text = new Date(timestamp * 1_000).toISOString();
  stdout(
    json
      ? toJson({ timestamp, time: text })
      : `The time on all ${chains.length} chains is ${text}.`,
  );
}

/**
 * Curses or uncurses on a local chain, as the owner of its CCIP does.
 * @param chain the network name of the chain whose RMN curses.
 * @param remote the network name of the chain that it curses; everything unless named.
 * @throws when no local network runs, or a chain is none of its.
 */
export async function changeCurse(
  verb: "curse" | "uncurse",
  options: RunningOptions & { readonly chain: string; readonly remote?: string },
  { stdout }: Output = consoleOutput,
): Promise<void> {
  const { chain: name, directory = localnetRoot(), json = false } = options;
  const network = runningNetwork(directory);
  const chain = runningChain(network, name);
  const remote = options.remote === undefined ? undefined : runningChain(network, options.remote);
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

/** A choice of lanes by source and destination; all lanes where both are left out. */
export interface LaneChoice extends LaneSelection, RunningOptions {}

/** Keeps the DON of the running local network from delivering. Curses and clocks are not touched. */
export function holdLanes(
  { execution, ...choice }: LaneChoice & { readonly execution: boolean },
  { stdout }: Output = consoleOutput,
): void {
  const { files, lanes } = checked(choice);
  addFault(files, lanes, execution ? { holdExecution: true } : { hold: true });
  if (choice.json) return stdout(documentOf(lanes, execution ? "execution" : "everything", true));
  stdout(
    `Held: ${laneText(lanes)}${execution ? ", where messages are verified and not executed" : ""}. Let go with "npx hardhat localnet release".`,
  );
}

/**
 * Lets the DON deliver again on the lanes that are chosen, all of them without a choice.
 * @throws when a hold on more lanes than these would go on holding one of them.
 */
export function releaseLanes(choice: LaneChoice, { stdout }: Output = consoleOutput): void {
  const { files, lanes } = checked(choice);
  const isAll = lanes.from === undefined && lanes.to === undefined;
  const changed = release(files, lanes);
  if (choice.json) return stdout(documentOf(lanes, null, changed));
  stdout(
    changed
      ? `Released: ${laneText(lanes)}.`
      : `${laneText(lanes)} ${isAll ? "are" : "is"} not held: nothing to do.`,
  );
}

function release(files: string, lanes: LaneSelection): boolean {
  try {
    return clearFaults(files, lanes);
  } catch (error) {
    if (!(error instanceof WiderFaultError)) throw error;
    const { from, to } = error.wider;
    throw new OperatorError(
      "INVALID_OPTION",
      `${laneText(lanes)} stays held with ${laneText(error.wider)}: release all of that with \`${command("localnet release", { from, to })}\`.`,
    );
  }
}

/** Writes the state of the chosen lanes; null stands for every chain, and for nothing held. */
function documentOf(
  { from, to }: LaneSelection,
  held: "everything" | "execution" | null,
  changed: boolean,
): string {
  return toJson({ from: from ?? null, to: to ?? null, held, changed });
}

function checked({ from, to, directory = localnetRoot() }: LaneChoice) {
  const network = runningNetwork(directory);
  for (const name of [from, to]) if (name !== undefined) runningChain(network, name);
  if (from !== undefined && from === to) throw sameChainError(from);
  return { lanes: { from, to }, files: localnetDirectory(directory) };
}
