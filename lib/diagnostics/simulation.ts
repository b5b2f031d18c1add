import {
  decodeMessageV1,
  executionGas,
  released,
  toRampMessage,
  toRampMessageV1,
} from "ccip-localnet/protocol";
import type { GasOverrides, Verification } from "ccip-localnet/protocol";

import { tryCall, unlessReverted } from "../core/revert/contractError";
import { innermost } from "../core/revert/revert";
import { decode } from "../core/revert/revertChain";
import type { PinnedChain } from "../rpc/pinned";

import type { EnoughGas, Rehearsal } from "./facts";
import type { FoundMessage } from "./found";
import { completeReason, replayAsOffRamp } from "./replayAsOffRamp";

/** The maximum gas limit that CCIP allows for a message. */
const MOST_GAS = 6_000_000n;

/** Gas of a transaction around the message. */
const CALL_GAS = 150_000n;

/**
 * Simulates the current execution of a message by the OffRamp, committed or not: the OffRamp's own step for one
 * message, called by the ramp itself. A message of CCIP 2.0 that is not verified is simulated at its pool and its
 * receiver instead.
 * @param verifications enough to execute a message of CCIP 2.0; undefined when there are too few.
 */
export async function rehearseMessage(
  found: FoundMessage,
  pinnedBlock: PinnedChain,
  overrides: GasOverrides = {},
  verifications?: readonly Verification[],
  gasLimit?: bigint,
): Promise<Rehearsal> {
  const { message } = found;
  if (message.version === "2.0" && !verifications) {
    return replayAsOffRamp(message, found.destination, pinnedBlock, overrides.receiverGas);
  }
  // An OffRamp of CCIP 2.0 limits the receiver's gas, but not that of pools or verifiers.
  const enough = message.version === "2.0" ? MOST_GAS : executionGas(message, overrides) + CALL_GAS;
  const step = singleExecution(found, overrides, verifications);
  const asked = await tryCall(pinnedBlock, { ...step, gasLimit: gasLimit ?? enough });
  if (asked.outcome === "success") return { outcome: "success" };
  return { ...asked, returnData: await completeReason(found, pinnedBlock, asked.returnData) };
}

/** Returns the gas of the OffRamp's own step for a verified message of CCIP 2.0; undefined when it would fail. */
export function gasNeeded(
  found: FoundMessage,
  { provider }: PinnedChain,
  overrides: GasOverrides,
  verifications: readonly Verification[],
): Promise<bigint | undefined> {
  const step = singleExecution(found, overrides, verifications);
  return unlessReverted(provider.estimateGas({ ...step, blockTag: "pending" }), undefined);
}

/** Encodes the OffRamp's step for one message; that of CCIP 2.0 requires verifier results. */
function singleExecution(
  { message, destination }: FoundMessage,
  { receiverGas, tokenGas = [] }: GasOverrides,
  verifications: readonly Verification[] = [],
) {
  const { offRamp } = destination.ccip;
  const args =
    message.version === "1.6"
      ? [
          toRampMessage({ ...message, gasLimit: receiverGas ?? message.gasLimit }),
          message.tokens.map(() => "0x"),
          tokenGas,
        ]
      : [
          toRampMessageV1(decodeMessageV1(message.encoded)),
          message.messageId,
          verifications.map(({ verifier }) => verifier),
          verifications.map(({ results }) => results),
          receiverGas ?? 0n,
        ];
  const { interface: ramp } = released("offRamp", message.version);
  const data = ramp.encodeFunctionData("executeSingleMessage", args);
  return { from: offRamp, to: offRamp, data };
}

/**
 * Finds a sufficient gas limit, of the pool or the receiver, for an execution that reverts without data, or for its lack, by
 * simulating it with growing limits.
 * @param returnData revert data of the OffRamp.
 * @returns undefined when the maximum does not help, so that gas is not the cause.
 */
export async function enoughGas(
  found: FoundMessage,
  pinnedBlock: PinnedChain,
  returnData: string,
  verifications?: readonly Verification[],
): Promise<EnoughGas | undefined> {
  const { message } = found;
  const revert = decode(returnData);
  if (!["empty", "DeliveryGasTooLow"].includes(innermost(revert).name)) return undefined;
  const isReceiver = revert.name === "ReceiverError";
  // CCIP 2.0 does not limit a pool's gas.
  const isPool = revert.name === "TokenHandlingError" && message.version === "1.6";
  if (!isReceiver && !isPool) return undefined;
  const given = isReceiver ? message.gasLimit : (message.tokens[0]?.destinationGas ?? 0n);
  for (let gas = given > 25_000n ? 2n * given : 50_000n; gas <= MOST_GAS; gas *= 2n) {
    const overrides = isReceiver
      ? { receiverGas: gas }
      : { tokenGas: message.tokens.map(() => gas) };
    const { outcome } = await rehearseMessage(found, pinnedBlock, overrides, verifications);
    // A quarter more, for state changes until it is executed.
    const limit = gas + gas / 4n;
    if (outcome === "success") return isReceiver ? { receiverGas: limit } : { tokenGas: limit };
  }
  return undefined;
}
