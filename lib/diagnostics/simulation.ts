import {
  decodeMessageV1,
  executionGas,
  manualExecution,
  released,
  toRampMessage,
  toRampMessageV1,
  verifiedExecution,
} from "ccip-localnet/protocol";
import type {
  GasOverrides,
  ManualCall,
  Message16,
  Message20,
  Verification,
} from "ccip-localnet/protocol";

import { OperatorError } from "../core/errors";
import { isContractError } from "../core/revert/contractError";

import { completeReason, replayAsOffRamp } from "./replayAsOffRamp";
import { findBatch, findCommitment } from "./commitment";
import type { FoundMessage } from "./found";
import type { PinnedBlock } from "../rpc/pinnedBlock";
import { tryCall } from "./tryCall";
import type { AskedCall, Rehearsal } from "./tryCall";

type Travelling = Omit<FoundMessage, "kind">;

/**
 * Simulates the current execution of a message by the OffRamp, committed or not: the OffRamp's own step for one
 * message, called by the ramp itself. A message of CCIP 2.0 that is not verified is simulated at its pool and its
 * receiver instead.
 * @param verifications enough to execute a message of CCIP 2.0; undefined when there are too few.
 */
export async function rehearseMessage(
  found: Travelling,
  pinnedBlock: PinnedBlock,
  overrides: GasOverrides = {},
  verifications?: readonly Verification[],
  gasLimit?: bigint,
): Promise<Rehearsal> {
  const { message } = found;
  if (message.version === "2.0" && !verifications) {
    return replayAsOffRamp(message, pinnedBlock, overrides.receiverGas);
  }
  const step = singleExecution(found, overrides, verifications);
  // An OffRamp of CCIP 2.0 limits the receiver's gas, but not that of pools or verifiers.
  const enough = message.version === "2.0" ? MOST_GAS : executionGas(message, overrides) + CALL_GAS;
  const asked = await rehearse(pinnedBlock, { ...step, gasLimit: gasLimit ?? enough });
  if (asked.outcome === "success") return asked;
  return { ...asked, returnData: await completeReason(found, pinnedBlock, asked.returnData) };
}

/** Returns the gas of the OffRamp's own step for a verified message of CCIP 2.0; undefined when it would fail. */
export async function gasNeeded(
  found: Travelling,
  { provider }: PinnedBlock,
  overrides: GasOverrides,
  verifications: readonly Verification[],
): Promise<bigint | undefined> {
  try {
    return await provider.estimateGas({
      ...singleExecution(found, overrides, verifications),
      blockTag: "pending",
    });
  } catch (error) {
    if (isContractError(error)) return undefined;
    throw error;
  }
}

function singleExecution(
  { message, destination }: Travelling,
  overrides: GasOverrides,
  verifications: readonly Verification[] = [],
) {
  const { offRamp } = destination.ccip;
  const data =
    message.version === "1.6"
      ? singleExecution16(message, overrides)
      : singleExecution20(message, overrides, verifications);
  return { from: offRamp, to: offRamp, data };
}

function singleExecution16(message: Message16, { receiverGas, tokenGas }: GasOverrides): string {
  return released("offRamp").interface.encodeFunctionData("executeSingleMessage", [
    toRampMessage({ ...message, gasLimit: receiverGas ?? message.gasLimit }),
    message.tokens.map(() => "0x"),
    tokenGas ?? [],
  ]);
}

/** Encodes the OffRamp's step of CCIP 2.0, which requires verifier results and truncates no revert data. */
function singleExecution20(
  { encoded, messageId }: Message20,
  { receiverGas = 0n }: GasOverrides,
  verifications: readonly Verification[],
): string {
  return released("offRamp", "2.0").interface.encodeFunctionData("executeSingleMessage", [
    toRampMessageV1(decodeMessageV1(encoded)),
    messageId,
    verifications.map(({ verifier }) => verifier),
    verifications.map(({ results }) => results),
    receiverGas,
  ]);
}

/** Simulates the call of a manual execution, including the proof. */
export function rehearseManualCall(
  pinnedBlock: PinnedBlock,
  from: string,
  call: ManualCall,
): Promise<Rehearsal> {
  return rehearse(pinnedBlock, { from, ...call });
}

/**
 * Returns the call of a manual execution: in CCIP 1.6 with its proof, rebuilt from the events of both chains, in
 * 2.0 with the results of its verifiers.
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
    throw new OperatorError(
      "EXECUTION_REFUSED",
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

/** Factor between two attempts in the search for a sufficient gas limit. */
const STEP = 2n;

/** The maximum gas limit that CCIP allows for a message. */
const MOST_GAS = 6_000_000n;

/**
 * Finds a sufficient gas limit for a message by simulating it with growing limits.
 * @param from an insufficient limit.
 * @returns undefined when the maximum does not help, so that gas is not the cause.
 */
export async function enoughGas(
  from: bigint,
  rehearseWith: (gas: bigint) => Promise<Rehearsal>,
): Promise<bigint | undefined> {
  for (let gas = from > 25_000n ? from * STEP : 50_000n; gas <= MOST_GAS; gas *= STEP) {
    // A quarter more, for state changes until it is executed.
    if ((await rehearseWith(gas)).outcome === "success") return gas + gas / 4n;
  }
  return undefined;
}

/** Gas of a transaction around the message. */
const CALL_GAS = 150_000n;

async function rehearse(pinnedBlock: PinnedBlock, call: AskedCall): Promise<Rehearsal> {
  const asked = await tryCall(pinnedBlock, call);
  return asked.outcome === "success" ? { outcome: "success" } : asked;
}
