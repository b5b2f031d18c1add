import { laneName } from "./chain";
import type { CcipChain, ChainView, Lane } from "./chain";
import { curseSubject } from "./curse";
import { sendAll } from "./send";
import { call } from "./transactions";

export { curseSubject } from "./curse";

/** How long the DON waits between commit and execution: chain time, or own rounds. */
export type Delay = { readonly seconds: number } | { readonly rounds: number };

/** What is wrong with a lane; nothing, if empty. */
export interface LaneFault {
  /** Neither commit nor execute. */
  readonly hold?: boolean;
  /** Commit, but do not execute. */
  readonly holdExecution?: boolean;
  /** Execute only some time after the commit. */
  readonly delay?: Delay;
  /** Execute the newest message first. */
  readonly reorder?: boolean;
}

const SOUND: LaneFault = {};

/** The faults of a DON, lane by lane. They bind its rounds, not calls that name a lane. */
export class Faults {
  private readonly byLane = new Map<string, LaneFault>();

  /** What is wrong with a lane now. */
  of(lane: Lane<ChainView>): LaneFault {
    return this.byLane.get(laneName(lane)) ?? SOUND;
  }

  /** Leaves the lane alone. */
  hold(lane: Lane<ChainView>): void {
    this.change(lane, { hold: true });
  }

  /** Commits the lane's messages and does not execute them. */
  holdExecution(lane: Lane<ChainView>): void {
    this.change(lane, { holdExecution: true });
  }

  /** Executes the lane's messages some time after their commit. */
  delay(lane: Lane<ChainView>, delay: Delay): void {
    this.change(lane, { delay });
  }

  /** Executes the lane's messages newest first. */
  reorder(lane: Lane<ChainView>): void {
    this.change(lane, { reorder: true });
  }

  /** Makes one lane sound again, or all of them. Curses are on chain and stay: see {@link uncurse}. */
  clear(lane?: Lane<ChainView>): void {
    if (lane) this.byLane.delete(laneName(lane));
    else this.byLane.clear();
  }

  private change(lane: Lane<ChainView>, fault: LaneFault): void {
    this.byLane.set(laneName(lane), { ...this.of(lane), ...fault });
  }
}

/** Which end of a lane is cursed. */
export type CursedEnd = "source" | "destination" | "both";

/**
 * Curses a lane through the real RMNRemote. At the source CCIP then quotes no fee and takes no
 * message; at the destination it accepts no root and executes nothing.
 */
export async function curse(lane: Lane, end: CursedEnd = "both"): Promise<void> {
  await changeCurses(lane, end, "curse(bytes16)");
}

/** Takes a lane's curse back. */
export async function uncurse(lane: Lane, end: CursedEnd = "both"): Promise<void> {
  await changeCurses(lane, end, "uncurse(bytes16)");
}

async function changeCurses(lane: Lane, end: CursedEnd, name: string): Promise<void> {
  const { source, destination } = lane;
  if (end !== "destination") await changeCurse(source, destination.selector, name);
  if (end !== "source") await changeCurse(destination, source.selector, name);
}

async function changeCurse(chain: CcipChain, remote: bigint, name: string): Promise<void> {
  await sendAll(chain.owner, [call(chain.ccip, "rmnRemote", name, [curseSubject(remote)])]);
}
