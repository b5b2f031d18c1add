import { getAddress } from "ethers";
import type { Message } from "ccip-localnet/protocol";

import { formatTokens } from "../amount";
import type { BucketState, RateLimit } from "../mesh/limit";
import type { MeshConfig } from "../mesh/schema";
import { command } from "../recovery";
import type { Recovery } from "../recovery";

/** The part of CCIP that RMN has cursed on a chain: one remote chain, or everything. */
export type Curse = "remote" | "everything";

/** The revert of a message that was sent, or executed, and what is known around it. */
export interface ReasonContext {
  readonly mesh: { readonly name: string; readonly live: boolean; readonly symbol: string };
  readonly direction: "send" | "execution";
  /** Network name of the chain whose contracts refused. */
  readonly chain: string;
  /** The other end of the lane: a network name, or a CCIP selector. */
  readonly peer: string;
  /** Time of the refusal, unix seconds. */
  readonly at: bigint;
  /** The curse on `chain`, and the account that may lift it. */
  readonly curse?: { readonly what: Curse; readonly owner?: string };
  readonly limits?: LaneLimits;
  /** The transaction that was to send something. */
  readonly transaction?: { readonly from: string; readonly value: bigint };
  /** The message that was refused when it was executed. */
  readonly message?: Pick<Message, "receiver" | "gasLimit" | "sourceSelector" | "tokens"> & {
    readonly kind: "transfer" | "broadcast" | "proposal" | "foreign";
    /** True if a pool of our token, or our broadcaster, sent it. */
    readonly isOurs: boolean;
    /** Token units that the receiver would get now. */
    readonly incoming: bigint | undefined;
    /** True if CCIP's router names the OffRamp that executes it. */
    readonly offRamp: { readonly address: string; readonly isNamed: boolean };
  };
}

/** The buckets of a lane that a message leaves and arrives through. */
export interface LaneLimits {
  readonly outbound: BucketState;
  /** The most that a mesh file may declare for the outbound bucket, so that the inbound one holds what arrives. */
  readonly widest: bigint;
  /** Undefined where only the sending end was read. */
  readonly inbound?: BucketState;
  /** The least that the inbound bucket holds by the rules of the mesh file. */
  readonly least?: Pick<RateLimit, "capacity" | "rate">;
  /** True if the mesh file leaves the lane open. */
  readonly isDeclaredOpen: boolean;
}

/** The cause of a revert in words, and what to do about it. */
export interface Explanation {
  /** The error's name; `empty` or `unknown` where there is none. */
  readonly name: string;
  readonly why: string;
  /** The remedy before the same is tried again. */
  readonly fixes: readonly Recovery[];
  /** True if no attempt will ever succeed. */
  readonly isFinal: boolean;
}

/** Arguments of an error by their names; one that is missing from cut revert data reads as undefined. */
export type Values = Readonly<Record<string, string | undefined>>;

/** One thing to do; a string is the note of one without a command. */
export type Fix = string | Recovery;

/** An entry of the catalogue: one custom error. */
export interface Reason {
  /** The cause, and after a colon the advice that fits everywhere, as a clause: used where nothing else is known. */
  readonly brief: string;
  /**
   * The condition on which the same attempt may succeed later; a fix by somebody unless given. Code that retries gives
   * up on all but `by itself`.
   */
  readonly passes?: "by itself" | "never";
  /** The cause in a sentence, from the values and the lane; made of `brief` unless given. */
  readonly why?: (context: ReasonContext, values: Values) => string;
  /** The remedies before the next attempt, in order; the advice of `brief` unless given. */
  readonly fixes?: Fix | ((context: ReasonContext, values: Values) => Fix | readonly Fix[]);
  /** Returns whether no attempt will ever succeed, where that depends on the message. */
  readonly isFinal?: (context: ReasonContext) => boolean;
}

/** Entries by the name of the error. */
export type Reasons = Readonly<Record<string, Reason>>;

/** Returns entries whose `brief` is all there is to say. */
export function briefly(briefs: Record<string, string>, passes?: Reason["passes"]): Reasons {
  return Object.fromEntries(
    Object.entries(briefs).map(([name, brief]) => [name, { brief, passes }]),
  );
}

/** Returns the part of a mesh file that a context holds. */
export function meshNames({ name, live, token }: MeshConfig): ReasonContext["mesh"] {
  return { name, live, symbol: token.symbol };
}

/** Returns a command for the whole mesh. */
export function meshCommand({ mesh }: ReasonContext, task: string, note: string): Recovery {
  return { command: command(task, { mesh: mesh.name }), note };
}

/** Returns the command that restores the wiring of the mesh file. */
export function apply(context: ReasonContext, note: string): Recovery {
  return meshCommand(context, "mesh apply", note);
}

/** Returns an amount of the mesh's tokens, in words. */
export function tokens({ mesh }: ReasonContext, units: string | bigint | undefined): string {
  return `${formatTokens(BigInt(units ?? 0))} ${mesh.symbol}`;
}

/** Returns the address that CCIP's 32 bytes hold. */
export function addressIn(encoded: string | undefined): string {
  if (encoded?.length !== 66) return encoded ?? "an unknown address";
  return getAddress(`0x${encoded.slice(26)}`);
}
