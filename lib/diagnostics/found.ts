import type { TransactionReceipt } from "ethers";
import type { Message } from "ccip-localnet/protocol";

import type { RampEnd } from "../ccip/ramps";
import type { HomeChain, MeshChain } from "../core/mesh/mesh";

/** A message, the two chains of its lane, and the ramps that it uses: CCIP may have replaced them since. */
export interface FoundMessage {
  readonly kind: "message";
  readonly message: Message;
  readonly source: RampEnd<MeshChain>;
  readonly destination: RampEnd<MeshChain>;
}

/** A transaction that was mined and reverted. */
export interface FoundRevert {
  readonly kind: "reverted";
  readonly chain: MeshChain;
  readonly receipt: TransactionReceipt;
}

/** A lane that failed in a broadcast, in a transaction whose other lanes may have succeeded. */
export interface RefusedLane {
  readonly kind: "refused lane";
  readonly home: HomeChain;
  /** CCIP selector. */
  readonly selector: bigint;
  readonly epoch: bigint;
  /** Revert data of the lane, from the broadcaster's event. */
  readonly reason: string;
  readonly transactionHash: string;
}

/** A proposal that its lane did not take, in a transaction whose other lanes may have succeeded. */
export interface RefusedProposal {
  readonly kind: "refused proposal";
  readonly home: HomeChain;
  /** CCIP selector. */
  readonly selector: bigint;
  readonly nonce: bigint;
  /** Revert data of the lane, from the sender's event. */
  readonly reason: string;
  readonly transactionHash: string;
}

/** A transaction that is not mined yet. */
export interface PendingTransaction {
  readonly kind: "pending";
  readonly chain: MeshChain;
  readonly transactionHash: string;
}

export type Found = FoundMessage | FoundRevert | RefusedLane | RefusedProposal | PendingTransaction;
