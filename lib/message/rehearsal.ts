import { isCallException } from "ethers";
import {
  decodeMessageV1,
  executionGas,
  manualExecution,
  released,
  revertDataOf,
  toRampMessage,
  verifiedExecution,
} from "ccip-localnet/protocol";
import type {
  GasOverrides,
  ManualCall,
  Message16,
  Message20,
  Verification,
} from "ccip-localnet/protocol";

import { findBatch, findCommitment } from "./commitment";
import type { FoundMessage } from "./find";
import type { Moment } from "./moment";

/** What an execution would come to now. */
export type Rehearsal = { readonly outcome: "success" } | Refusal;

/** It would not go through. */
export interface Refusal {
  readonly outcome: "refused";
  /** Why, `0x` when nothing is said. */
  readonly returnData: string;
}

type Travelling = Omit<FoundMessage, "kind">;

/**
 * What would become of a message if the OffRamp executed it now, whether it is committed or not: the
 * OffRamp's own step for one message, asked of the node as if the ramp called itself.
 */
export function rehearseMessage(
  { message, destination }: Travelling,
  moment: Moment,
  overrides: GasOverrides = {},
  verifications: readonly Verification[] = [],
): Promise<Rehearsal> {
  const { offRamp } = destination.ccip;
  return rehearse(moment, {
    from: offRamp,
    to: offRamp,
    data:
      message.version === "1.6"
        ? singleExecution16(message, overrides)
        : singleExecution20(message, overrides, verifications),
    gasLimit: executionGas(message, overrides) + CALL_GAS,
  });
}

function singleExecution16(message: Message16, { receiverGas, tokenGas }: GasOverrides): string {
  return released("offRamp").interface.encodeFunctionData("executeSingleMessage", [
    toRampMessage({ ...message, gasLimit: receiverGas ?? message.gasLimit }),
    message.tokens.map(() => "0x"),
    tokenGas ?? [],
  ]);
}

/** The OffRamp of CCIP 2.0 takes this step with results of verifiers only; it cuts no reason short here. */
function singleExecution20(
  { encoded, messageId }: Message20,
  { receiverGas = 0n }: GasOverrides,
  verifications: readonly Verification[],
): string {
  const message = decodeMessageV1(encoded);
  const { token } = message;
  return released("offRamp", "2.0").interface.encodeFunctionData("executeSingleMessage", [
    {
      sourceChainSelector: message.sourceSelector,
      destChainSelector: message.destinationSelector,
      messageNumber: message.messageNumber,
      executionGasLimit: message.executionGasLimit,
      ccipReceiveGasLimit: message.receiverGasLimit,
      finality: message.finality,
      ccvAndExecutorHash: message.ccvAndExecutorHash,
      onRampAddress: message.onRamp,
      offRampAddress: message.offRamp,
      sender: message.sender,
      receiver: message.receiver,
      destBlob: message.destinationBlob,
      tokenTransfer: token
        ? [
            {
              amount: token.amount,
              sourcePoolAddress: token.sourcePool,
              sourceTokenAddress: token.sourceToken,
              destTokenAddress: token.destinationToken,
              tokenReceiver: token.tokenReceiver,
              extraData: token.extraData,
            },
          ]
        : [],
      data: message.data,
    },
    messageId,
    verifications.map(({ verifier }) => verifier),
    verifications.map(({ results }) => results),
    receiverGas,
  ]);
}

/** What becomes of a call that executes a message by hand, the proof included. */
export function rehearseManualCall(
  moment: Moment,
  from: string,
  call: ManualCall,
): Promise<Rehearsal> {
  return rehearse(moment, { from, ...call });
}

/**
 * The call that executes a message by hand: in CCIP 1.6 with its proof, rebuilt from the events of both
 * chains, in 2.0 with the results of its verifiers.
 * @throws when a message of CCIP 1.6 is not committed.
 */
export async function manualCall(
  found: Travelling,
  latest: number,
  overrides: GasOverrides = {},
  verifications: readonly Verification[] = [],
): Promise<ManualCall> {
  const { message, source, destination } = found;
  if (message.version === "2.0") return verifiedExecution(message, verifications, overrides);
  const commitment = await findCommitment(found, latest);
  if (!commitment) {
    throw new Error(
      `Message ${message.messageId} is not committed on ${destination.name} yet: wait for the DON.`,
    );
  }
  const messages = await findBatch(found, commitment);
  return manualExecution(
    { source, destination },
    { sent: { sent: () => messages }, received: { commitments: () => [commitment] } },
    message,
    overrides,
  );
}

/** Where the search for enough gas begins, as a multiple of what was too little, and how it goes on. */
const STEP = 2n;

/** What CCIP would let a message ask for at most. */
const MOST_GAS = 6_000_000n;

/**
 * A gas limit with which a message goes through, found by asking the node with ever more of it.
 * @param from what was too little.
 * @returns undefined when the most does not help: then it is not for lack of gas.
 */
export async function enoughGas(
  from: bigint,
  rehearseWith: (gas: bigint) => Promise<Rehearsal>,
): Promise<bigint | undefined> {
  for (let gas = from > 25_000n ? from * STEP : 50_000n; gas <= MOST_GAS; gas *= STEP) {
    // A quarter more, for what changes until it is executed.
    if ((await rehearseWith(gas)).outcome === "success") return gas + gas / 4n;
  }
  return undefined;
}

/** Gas of a transaction around the message. */
const CALL_GAS = 150_000n;

async function rehearse(
  moment: Moment,
  call: {
    readonly from: string;
    readonly to: string;
    readonly data: string;
    readonly gasLimit: bigint;
  },
): Promise<Rehearsal> {
  try {
    await moment.call(call);
    return { outcome: "success" };
  } catch (error) {
    const returnData = isCallException(error)
      ? (error.data ?? revertDataOf(error))
      : revertDataOf(error);
    if (returnData === "0x" && !isRevert(error)) throw error;
    return { outcome: "refused", returnData };
  }
}

/** Whether a node says that the call reverted, rather than that it could not be asked. */
function isRevert(error: unknown): boolean {
  return (
    isCallException(error) ||
    (error instanceof Error && /revert|out of gas|ran out/i.test(error.message))
  );
}
