import type { ExecutionState, Message } from "ccip-localnet/protocol";

import type { BroadcastData, PoolData } from "../ccip/poolData";
import type { ProposalData } from "../ccip/proposalData";
import type { WrappedArrival, WrappedData } from "../ccip/wrapped";
import type { Curse, LaneLimits, ReasonContext } from "../core/reasons/reason";
import type { Quarantined } from "../mesh/components/circuitBreaker";
import type { Refusal } from "../core/revert/contractError";
import type { ProposalStatus } from "../mesh/components/timelock/homeProposals";

import type { VerificationFacts } from "./verifiers";

export interface ExecutionAttempt {
  readonly state: ExecutionState;
  /** Revert data of a failure, `0x` if there is none. */
  readonly returnData: string;
  /** Unix seconds. */
  readonly at: bigint;
  /** Unknown in CCIP 2.0, whose OffRamp does not measure it. */
  readonly gasUsed: bigint | undefined;
  readonly transactionHash: string;
  /** The sender of the transaction and its gas limit; unknown where the endpoint lacks it. */
  readonly from?: string;
  readonly gasLimit?: bigint;
}

/** A transfer of the mesh's tokens in flight. */
export interface TransferFacts {
  readonly kind: "transfer";
  /** Token units that left the source. */
  readonly amount: bigint;
  /** True if CCIP's registry has ever named the source pool for the source token. */
  readonly isOurs: boolean;
  /** The data of the source pool; undefined when its format is unknown. */
  readonly poolData: PoolData | undefined;
  /** The amount that the receiver's balance would rise by now, in token units; undefined while unknown. */
  readonly worth: bigint | undefined;
  /** The amount that it rose by, in token units, once executed. */
  readonly arrived: bigint | undefined;
  readonly paused: boolean;
  /** Epoch of the token at the destination; 0 means unsynced. */
  readonly epoch: bigint;
  readonly limits: LaneLimits;
  /** Present when it is addressed to the wrapped bridge. */
  readonly wrapped?: WrappedFacts;
}

/** A transfer of wrapped units in flight. */
export interface WrappedFacts {
  readonly bridge: string;
  /** The data of the message; undefined when no bridge could have written it. */
  readonly data: WrappedData | undefined;
  /** True if the wrapped bridge of the source sent it. */
  readonly isFromBridge: boolean;
  /** True if the bridge at the destination takes its sender for the bridge of the source. */
  readonly isPaired: boolean;
  /** The effect, once executed with success. */
  readonly arrival: WrappedArrival | undefined;
  /** Shares that are kept now for the account of the effect. */
  readonly claimable: bigint;
}

/** The effect of a broadcast on a satellite's receiver. */
export type ReceiverOutcome =
  "applied" | "ignored" | "conflicted" | "quarantined" | "dropped" | "outdated" | "not called";

/** A broadcast of the home's index in flight. */
export interface BroadcastFacts {
  readonly kind: "broadcast";
  /** Undefined when its format is unknown. */
  readonly decodedBroadcast: BroadcastData | undefined;
  /** Current epochs of the satellite and of home. */
  readonly epoch: bigint;
  readonly homeEpoch: bigint;
  /** True if it is addressed to the satellite's receiver. */
  readonly isAddressed: boolean;
  /** True if its receiver has code. */
  readonly hasCode: boolean;
  /** Undefined unless a successful execution is known. */
  readonly receiverOutcome: ReceiverOutcome | undefined;
  /** The broadcast that the satellite holds back, this one or another. */
  readonly held: Quarantined | undefined;
  /** The listeners of the satellite that its execution did not tell of the index. */
  readonly missed: readonly MissedListener[];
}

/** A listener that was not told of an index when a satellite took it. */
export interface MissedListener {
  readonly listener: string;
  readonly reason: string;
  /** True if it has not been told of the index that counts by now. */
  readonly isUntold: boolean;
}

/** The effect of a message on a satellite's receiver of proposals. */
export type ProposalOutcome = "scheduled" | "ignored" | "expired" | "not called";

/** A proposal of home in flight. */
export interface ProposalFacts {
  readonly kind: "proposal";
  /** Undefined when its format is unknown. */
  readonly data: ProposalData | undefined;
  readonly calls: readonly string[];
  /** True if it is addressed to the satellite's receiver of proposals. */
  readonly isAddressed: boolean;
  /** The state of the proposal, by whatever message; undefined when home has not made it. */
  readonly status: ProposalStatus | undefined;
  /** Undefined unless a successful execution is known. */
  readonly outcome: ProposalOutcome | undefined;
}

/** The outcome of a simulated execution, with the gas that the receiver used where it was measured. */
export type Rehearsal =
  { readonly outcome: "success"; readonly receiverGasUsed?: bigint } | Refusal;

/** Gas limits that are sufficient in a simulated execution. */
export interface EnoughGas {
  readonly receiverGas?: bigint;
  readonly tokenGas?: bigint;
}

/** Facts of a message, read at one block of its destination. */
export interface MessageFacts {
  readonly mesh: ReasonContext["mesh"];
  readonly message: Message;
  /** Network names. */
  readonly source: string;
  readonly destination: string;
  /** Unix seconds. */
  readonly sentAt: bigint;
  /** Time of the destination's block at which everything was read, unix seconds, and its number. */
  readonly now: bigint;
  readonly blockNumber: number;
  readonly state: ExecutionState;
  /** The commitment of its root, and the commit time if it was looked up, unix seconds. */
  readonly isCommitted: boolean;
  readonly committedAt: bigint | undefined;
  /** Seconds after the commit from which any account may execute an untouched message. */
  readonly thresholdSeconds: bigint;
  /** Only in CCIP 2.0, which has no commits; not read after a successful execution. */
  readonly verification: VerificationFacts | undefined;
  /** Oldest first. */
  readonly attempts: readonly ExecutionAttempt[];
  /** The curse of the destination's RMN, and the account that may lift it. */
  readonly curse: { readonly what: Curse; readonly owner: string } | undefined;
  /** True if the destination's OffRamp accepts messages from the source. */
  readonly isLaneEnabled: boolean;
  /** The OffRamp that executes the message, and whether CCIP's router, which pools query, still lists it. */
  readonly offRamp: { readonly address: string; readonly isNamed: boolean };
  /** Foreign if it was sent neither by the mesh's pools nor by its broadcaster or sender of proposals. */
  readonly payload: TransferFacts | BroadcastFacts | ProposalFacts | { readonly kind: "foreign" };
  /** The curse of the source's RMN, which stops new messages. */
  readonly sourceCurse: Curse | undefined;
  /** The outcome of a simulated execution; not simulated after a successful one. */
  readonly rehearsal: Rehearsal | undefined;
  /** Gas that the execution of a verified message of CCIP 2.0 needs now, if it would succeed. */
  readonly gasNeeded: bigint | undefined;
  /** Sufficient gas limits, where more gas is the fix. */
  readonly enough: EnoughGas | undefined;
}
