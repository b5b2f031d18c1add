import { dataLength } from "ethers";
import type { Interface } from "ethers";
import { z } from "zod";
import {
  decodeMessageV1,
  encodeAddress,
  evmAddress,
  readOne,
  released,
} from "ccip-localnet/protocol";
import type { Message, Message20 } from "ccip-localnet/protocol";

import { abi } from "../core/abis";
import type { MeshChain } from "../core/mesh/mesh";
import { tryCall, unlessReverted } from "../core/revert/contractError";
import type { Refusal } from "../core/revert/contractError";
import { readPoolGeneration } from "../mesh/components/pool/contract";
import type { PinnedChain } from "../rpc/pinned";

import type { Rehearsal } from "./facts";
import type { FoundMessage } from "./found";

/** Bytes of a receiver's revert data that CCIP's router returns. */
const ROUTER_RETURN_BYTES = 132;

/** `IAny2EVMMessageReceiver`: CCIP calls only contracts that declare this interface through ERC-165. */
const RECEIVER_INTERFACE = "0x85572ffb";

/** Gas that a call uses besides what it forwards; an OffRamp of CCIP 2.0 does not cap a pool's gas. */
const CALL_GAS = 2_000_000n;

/** `GAS_FOR_CALL_EXACT_CHECK` of CCIP's OffRamps. */
const EXACT_CHECK_GAS = 5_000n;

const RELEASE = "releaseOrMint((bytes,uint64,address,uint256,address,bytes,bytes,bytes)";
const sourceConfig = z.object({ router: z.string() });
const routedSchema = z.tuple([z.boolean(), z.string(), z.bigint()]);

/**
 * Simulates the OffRamp's calls to the pool and the receiver of a CCIP 2.0 message. Needs no verifier results, and
 * no revert data is truncated. The receiver is simulated before the pool has minted anything for it.
 */
export async function replayAsOffRamp(
  message: Message20,
  { ccip }: MeshChain,
  pinnedBlock: PinnedChain,
  receiverGas = message.gasLimit,
): Promise<Rehearsal> {
  const refusal = await askPool(message, pinnedBlock, ccip.tokenAdminRegistry);
  if (refusal) return refusal;
  if (await isPassedOver(message, pinnedBlock)) return { outcome: "success" };

  const router = await routerOf(message, message.offRamp, pinnedBlock);
  const { interface: routerAbi } = released("router");
  const args = [toReceive(message), EXACT_CHECK_GAS, receiverGas, message.receiver];
  const routed = await tryCall(pinnedBlock, {
    from: message.offRamp,
    to: router,
    data: routerAbi.encodeFunctionData("routeMessage", args),
    gasLimit: receiverGas + receiverGas / 32n + CALL_GAS,
  });
  if (routed.outcome === "refused") return routed;
  const [isTaken, reason, gasUsed] = routedSchema.parse(
    routerAbi.decodeFunctionResult("routeMessage", routed.result).toArray(),
  );
  if (isTaken) return { outcome: "success", receiverGasUsed: gasUsed };
  return refused("ReceiverError", await wholeReason(message, pinnedBlock, router, reason));
}

/**
 * Completes the revert data of a receiver, which the router truncates to 132 bytes: the receiver is called again,
 * with the router as the sender.
 * @param returnData revert data of the OffRamp.
 */
export async function completeReason(
  { message, destination }: Pick<FoundMessage, "message" | "destination">,
  pinnedBlock: PinnedChain,
  returnData: string,
): Promise<string> {
  const { interface: ramp } = released("offRamp", message.version);
  const parsed = dataLength(returnData) < 4 ? null : ramp.parseError(returnData);
  if (parsed?.name !== "ReceiverError") return returnData;
  const router = await routerOf(message, destination.ccip.offRamp, pinnedBlock);
  const whole = await wholeReason(message, pinnedBlock, router, z.string().parse(parsed.args[0]));
  return ramp.encodeErrorResult("ReceiverError", [whole]);
}

/** Reads the router through which an OffRamp calls receivers. */
async function routerOf(
  { version, sourceSelector }: Message,
  address: string,
  pinnedBlock: PinnedChain,
): Promise<string> {
  const offRamp = { address, interface: released("offRamp", version).interface };
  const args = [sourceSelector];
  return (await readOne(pinnedBlock, offRamp, "getSourceChainConfig", args, sourceConfig)).router;
}

/** Returns the refusal of an OffRamp of CCIP 2.0. */
function refused(error: string, ...args: unknown[]): Refusal {
  const { interface: ramp } = released("offRamp", "2.0");
  return { outcome: "refused", returnData: ramp.encodeErrorResult(error, args) };
}

/** Simulates the pool's release or mint for a message; undefined when it would succeed. */
async function askPool(
  message: Message20,
  pinnedBlock: PinnedChain,
  address: string,
): Promise<Refusal | undefined> {
  const { token } = decodeMessageV1(message.encoded);
  if (!token) return undefined;
  const localToken = evmAddress(token.destinationToken, "destination token");
  const registry = { address, interface: released("tokenAdminRegistry").interface };
  const pool = await readOne(pinnedBlock, registry, "getPool", [localToken], z.string());
  if ((await pinnedBlock.provider.getCode(pool)) === "0x") {
    return refused("NotACompatiblePool", pool);
  }
  const input = {
    originalSender: encodeAddress(message.sender),
    remoteChainSelector: message.sourceSelector,
    receiver: evmAddress(token.tokenReceiver, "token receiver"),
    sourceDenominatedAmount: token.amount,
    localToken,
    sourcePoolAddress: token.sourcePool,
    sourcePoolData: token.extraData,
    offchainTokenData: "0x",
  };
  const poolAbi: Interface = abi.pool;
  const generation = await unlessReverted(readPoolGeneration(pinnedBlock, pool), undefined);
  const data =
    generation === 2
      ? poolAbi.encodeFunctionData(`${RELEASE},bytes4)`, [input, message.finality])
      : poolAbi.encodeFunctionData(`${RELEASE})`, [input]);
  const call = { from: message.offRamp, to: pool, data, gasLimit: CALL_GAS };
  const asked = await tryCall(pinnedBlock, call);
  if (asked.outcome === "success") return undefined;
  return refused("TokenHandlingError", localToken, asked.returnData);
}

/** Returns whether the OffRamp completes a message without calling its receiver. */
async function isPassedOver(
  { data, gasLimit, receiver }: Message,
  pinnedBlock: PinnedChain,
): Promise<boolean> {
  if (data === "0x" && gasLimit === 0n) return true;
  const contract = { address: receiver, interface: abi.receiver };
  const args = [RECEIVER_INTERFACE];
  const isReceiver = readOne(pinnedBlock, contract, "supportsInterface", args, z.boolean());
  return !(await unlessReverted(isReceiver, false));
}

/** Returns the message as passed to a receiver (`Client.Any2EVMMessage`), if every unit arrived. */
function toReceive({ messageId, sourceSelector, sender, data, tokens }: Message) {
  return {
    messageId,
    sourceChainSelector: sourceSelector,
    sender: encodeAddress(sender),
    data,
    destTokenAmounts: tokens.map(({ destinationToken, amount }) => ({
      token: destinationToken,
      amount,
    })),
  };
}

/** Returns the full revert data of the receiver, if it begins with what the router returned. */
async function wholeReason(
  message: Message,
  pinnedBlock: PinnedChain,
  router: string,
  cut: string,
): Promise<string> {
  if (dataLength(cut) < ROUTER_RETURN_BYTES) return cut;
  const asked = await tryCall(pinnedBlock, {
    from: router,
    to: message.receiver,
    data: abi.receiver.encodeFunctionData("ccipReceive", [toReceive(message)]),
    gasLimit: message.gasLimit + CALL_GAS,
  });
  const whole = asked.outcome === "refused" ? asked.returnData : "0x";
  return whole.startsWith(cut) ? whole : cut;
}
