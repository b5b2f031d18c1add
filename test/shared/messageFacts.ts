import { ZeroAddress, id, toBeHex } from "ethers";
import type { Message16, Message20 } from "ccip-localnet/protocol";

import type {
  BroadcastFacts,
  ExecutionAttempt,
  MessageFacts,
  ProposalFacts,
  TransferFacts,
} from "../../lib/diagnostics/facts";
import type { VerificationFacts, VerifierFacts } from "../../lib/diagnostics/verifiers";

const ONE = 10n ** 18n;

/** Time at which the facts of these tests were read, unix seconds. */
export const NOW = 1_700_000_000n;

/** Gas that a message of these tests brings for its whole execution. */
export const EXECUTION_GAS = 400_000n;

/** Returns the address of a number. */
export const at = (number: number): string => toBeHex(number, 20);

const OFF_RAMP = at(7);
const MESSAGE = {
  messageId: id("message"),
  sourceSelector: 1n,
  destinationSelector: 2n,
  sequenceNumber: 5n,
  sender: at(1),
  receiver: at(2),
  data: "0x",
  gasLimit: 0n,
  tokens: [],
  feeToken: ZeroAddress,
  feeAmount: 1n,
  onRamp: at(3),
  transactionHash: id("sent"),
  blockNumber: 77,
};

export const MESSAGE_16: Message16 = { ...MESSAGE, version: "1.6", nonce: 0n };
export const MESSAGE_20: Message20 = {
  ...MESSAGE,
  version: "2.0",
  encoded: "0x",
  offRamp: OFF_RAMP,
  executionGas: EXECUTION_GAS,
  finality: "0x00000000",
  verifiers: [at(4)],
  executor: at(5),
};

const BUCKET = { isEnabled: true, capacity: 1_000n * ONE, rate: ONE, tokens: 500n * ONE };

export const TRANSFER: TransferFacts = {
  kind: "transfer",
  amount: 100n * ONE,
  isOurs: true,
  poolData: { decimals: 18, epoch: 1n, shares: 90n * ONE },
  worth: 101n * ONE,
  arrived: undefined,
  paused: false,
  epoch: 2n,
  limits: { outbound: BUCKET, inbound: BUCKET, widest: 2_000n * ONE, isDeclaredOpen: true },
};

/** A broadcast of epoch 5 to a satellite that has epoch 4, from a home that has 5. */
export const BROADCAST: BroadcastFacts = {
  kind: "broadcast",
  decodedBroadcast: { epoch: 5n, current: 10n, next: 11n, effectiveAt: NOW },
  epoch: 4n,
  homeEpoch: 5n,
  isAddressed: true,
  hasCode: true,
  receiverOutcome: undefined,
  held: undefined,
  missed: [],
};

/** The second proposal of home. */
export const PROPOSAL: ProposalFacts = {
  kind: "proposal",
  data: {
    nonce: 2n,
    validUntil: NOW + 600n,
    batch: { targets: [], values: [], payloads: [], predecessor: "0x", salt: "0x", delay: 0n },
  },
  calls: [],
  isAddressed: true,
  status: undefined,
  outcome: undefined,
};

/** Facts of a message that is verified by one verifier and would succeed; `changes` are the others. */
export function factsOf(changes: Partial<MessageFacts>): MessageFacts {
  return {
    mesh: { name: "test", live: true, symbol: "RUSD" },
    message: MESSAGE_20,
    source: "home",
    destination: "sat",
    sentAt: NOW - 90n,
    now: NOW,
    blockNumber: 9,
    state: "untouched",
    isCommitted: false,
    committedAt: undefined,
    thresholdSeconds: 0n,
    verification: verificationOf({}),
    attempts: [],
    curse: undefined,
    isLaneEnabled: true,
    offRamp: { address: OFF_RAMP, isNamed: true },
    payload: TRANSFER,
    sourceCurse: undefined,
    rehearsal: { outcome: "success" },
    gasNeeded: undefined,
    enough: undefined,
    ...changes,
  };
}

/** Facts of a message of CCIP 1.6, which has no verifiers. */
export function factsOf16(changes: Partial<MessageFacts>): MessageFacts {
  return factsOf({
    message: MESSAGE_16,
    verification: undefined,
    thresholdSeconds: 28_800n,
    ...changes,
  });
}

const REQUIRED: VerifierFacts = { verifier: at(4), answer: "answered" };

/** The verification of a message, complete unless changed. */
export function verificationOf(changes: Partial<VerificationFacts>): VerificationFacts {
  return {
    required: [REQUIRED],
    optional: { threshold: 0, verifiers: [] },
    results: [],
    isVerified: true,
    ...changes,
  };
}

/** A verification that its only verifier has not answered. */
export function unverified(changes: Partial<VerificationFacts> = {}): VerificationFacts {
  return verificationOf({
    required: [{ ...REQUIRED, answer: "missing" }],
    isVerified: false,
    ...changes,
  });
}

/** An attempt to execute a message, failed unless changed. */
export function attemptOf(changes: Partial<ExecutionAttempt>): ExecutionAttempt {
  return {
    state: "failure",
    returnData: "0x",
    at: NOW - 60n,
    gasUsed: undefined,
    transactionHash: id("executed"),
    from: at(6),
    gasLimit: 1_000_000n,
    ...changes,
  };
}
