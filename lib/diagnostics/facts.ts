import type { ExecutionState, Message } from "ccip-localnet/protocol";

import type { BroadcastData } from "../ccip/broadcastData";
import type { PoolData } from "../ccip/poolData";
import type { Curse } from "../ccip/rmn";
import type { LaneLimits } from "../core/reasons/reason";

import type { Rehearsal } from "./tryCall";
import type { VerificationFacts } from "./verifiers";

/** An attempt to execute a message. */
export interface ExecutionAttempt {
  readonly state: ExecutionState;
  /** Revert data of a failure, `0x` where there is none. */
  readonly returnData: string;
  /** Unix seconds. */
  readonly at: bigint;
  /** Unknown in CCIP 2.0, whose OffRamp does not measure it. */
  readonly gasUsed: bigint | undefined;
  readonly transactionHash: string;
  /** The sender of the transaction, and the gas that it gave; unknown where the endpoint lacks it. */
  readonly from?: string;
  readonly gasLimit?: bigint;
}

/** Tokens of the mesh on their way. */
export interface TransferFacts {
  readonly kind: "transfer";
  /** Token units that left the source. */
  readonly amount: bigint;
  /** Whether CCIP's registry has ever named the pool that sent it for the token of the source. */
  readonly isOurs: boolean;
  /** The data of the source pool; undefined when this version cannot read it. */
  readonly poolData: PoolData | undefined;
  /** Token units that the receiver's balance would rise by now; undefined while that is unknown. */
  readonly worth: bigint | undefined;
  /** Token units that it rose by, once executed. */
  readonly arrived: bigint | undefined;
  readonly paused: boolean;
  /** Epoch of the token at the destination; 0 means unsynced. */
  readonly epoch: bigint;
  readonly limits: LaneLimits;
}

/** The effect of a broadcast on a satellite's receiver. */
export type ReceiverOutcome = "applied" | "ignored" | "conflicted" | "not called";

/** The home's index on its way. */
export interface BroadcastFacts {
  readonly kind: "broadcast";
  /** Undefined when this version cannot read it. */
  readonly decodedBroadcast: BroadcastData | undefined;
  /** Epoch of the satellite's token now. */
  readonly epoch: bigint;
  /** Epoch of home now. */
  readonly homeEpoch: bigint;
  /** Whether it is addressed to the satellite's receiver. */
  readonly isAddressed: boolean;
  /** Whether its receiver has code. */
  readonly hasCode: boolean;
  /** Undefined unless an execution is known that succeeded. */
  readonly receiverOutcome: ReceiverOutcome | undefined;
}

/** A message that neither our pools nor our broadcaster sent. */
export interface ForeignFacts {
  readonly kind: "foreign";
}

/** Gas limits that proved to be enough when an execution was simulated. */
export interface EnoughGas {
  readonly receiverGas?: bigint;
  readonly tokenGas?: bigint;
}

/** Facts of a message, read at one block of its destination. */
export interface MessageFacts {
  readonly mesh: { readonly name: string; readonly live: boolean; readonly symbol: string };
  readonly message: Message;
  /** Network names. */
  readonly source: string;
  readonly destination: string;
  /** Unix seconds. */
  readonly sentAt: bigint;
  /** Time of the destination's block that everything was read at, unix seconds, and its number. */
  readonly now: bigint;
  readonly blockNumber: number;
  readonly state: ExecutionState;
  /** Whether its root is committed, and the time if it was looked up, unix seconds. */
  readonly isCommitted: boolean;
  readonly committedAt: bigint | undefined;
  /** Seconds after the commit from which anybody may execute an untouched message. */
  readonly thresholdSeconds: bigint;
  /** In CCIP 2.0, where nothing is committed; not read once it has succeeded. */
  readonly verification: VerificationFacts | undefined;
  /** Oldest first. */
  readonly attempts: readonly ExecutionAttempt[];
  /** The curse of the destination's RMN, and the account that may lift it. */
  readonly curse: { readonly what: Curse; readonly owner: string } | undefined;
  /** Whether the destination's OffRamp takes anything from the source. */
  readonly isLaneEnabled: boolean;
  /** The OffRamp that executes the message, and whether CCIP's router still names it, which pools ask. */
  readonly offRamp: { readonly address: string; readonly isNamed: boolean };
  readonly payload: TransferFacts | BroadcastFacts | ForeignFacts;
  /** The curse of the source's RMN: nothing new leaves. */
  readonly sourceCurse: Curse | undefined;
  /** The outcome of an execution now; not simulated once it has succeeded. */
  readonly rehearsal: Rehearsal | undefined;
  /** Gas that the execution of a verified message of CCIP 2.0 takes now, where it would succeed. */
  readonly gasNeeded: bigint | undefined;
  /** Gas with which it would succeed, where more gas is enough. */
  readonly enough: EnoughGas | undefined;
}
