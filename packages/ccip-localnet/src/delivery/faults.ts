import { laneName } from "../protocol/chain";
import type { CcipChain, ChainView, Lane } from "../protocol/chain";
import { curseSubject } from "../protocol/curse";
import { sendAll } from "../send";
import { call } from "../contracts/transactions";

export { curseSubject } from "../protocol/curse";

/** Delay between verification and execution, in chain time or in rounds of delivery. */
export type Delay = { readonly seconds: number } | { readonly rounds: number };

/** The faults of a lane; none, if empty. Verifying is committing in CCIP 1.6. */
export interface LaneFault {
  /** Neither verify nor execute. */
  readonly hold?: boolean;
  /** Verify, but do not execute. */
  readonly holdExecution?: boolean;
  /** Do not verify; what is verified is executed. */
  readonly verifierDown?: boolean;
  /** Sign with keys that nobody knows. */
  readonly wrongSignature?: boolean;
  /** Execute with so much gas a transaction, whatever the messages need. */
  readonly executorGas?: bigint;
  /** Execute only some time after the verification. */
  readonly delay?: Delay;
  /** Execute the newest message first. */
  readonly reorder?: boolean;
  /** Never execute what is on its way, not even when the lane is sound again. */
  readonly drop?: boolean;
}

const SOUND: LaneFault = {};

/** The faults of a local CCIP, lane by lane. They bind its rounds, not calls that name a lane. */
export class Faults {
  private readonly byLane = new Map<string, LaneFault>();

  /** The present faults of a lane. */
  of(lane: Lane<ChainView>): LaneFault {
    return this.byLane.get(laneName(lane)) ?? SOUND;
  }

  /** Leaves the lane alone. */
  hold(lane: Lane<ChainView>): void {
    this.change(lane, { hold: true });
  }

  /** Verifies the lane's messages and does not execute them. */
  holdExecution(lane: Lane<ChainView>): void {
    this.change(lane, { holdExecution: true });
  }

  /** Verifies no message of the lane. */
  verifierDown(lane: Lane<ChainView>): void {
    this.change(lane, { verifierDown: true });
  }

  /** Signs for the lane's messages with keys that nobody knows. */
  wrongSignature(lane: Lane<ChainView>): void {
    this.change(lane, { wrongSignature: true });
  }

  /** Executes the lane's messages with so much gas a transaction. */
  executorGas(lane: Lane<ChainView>, gas: bigint): void {
    this.change(lane, { executorGas: gas });
  }

  /** Forgets what is on its way and what is sent until the lane is sound again: it arrives by hand only. */
  drop(lane: Lane<ChainView>): void {
    this.change(lane, { drop: true });
  }

  /** Executes the lane's messages some time after their verification. */
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

/** The cursed end of a lane. */
export type CursedEnd = "source" | "destination" | "both";

/**
 * Curses a lane through the real RMN. At the source CCIP then takes no message (CCIP 1.6 quotes no fee
 * either); at the destination it accepts no root and executes nothing.
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
