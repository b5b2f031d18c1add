import { Interface, dataLength } from "ethers";
import { z } from "zod";
import {
  decodeMessageV1,
  encodeAddress,
  evmAddress,
  readOne,
  released,
} from "ccip-localnet/protocol";
import type { Message, Message20 } from "ccip-localnet/protocol";

import { isContractError } from "../core/revert/contractError";

import type { FoundMessage } from "./found";
import type { PinnedBlock } from "../rpc/pinnedBlock";
import { tryCall } from "./tryCall";
import type { Refusal, Rehearsal } from "./tryCall";

/** Bytes of a receiver's revert data that CCIP's router returns. */
const ROUTER_RETURN_BYTES = 132;

/** `IAny2EVMMessageReceiver`: CCIP calls only contracts that declare this interface through ERC-165. */
const RECEIVER_INTERFACE = "0x85572ffb";

/** `type(IPoolV2).interfaceId`: such a pool also receives the message's finality. */
const POOL_V2_INTERFACE = "0x940a1542";

/** Gas that a call uses besides what it forwards; an OffRamp of CCIP 2.0 does not cap a pool's gas. */
const CALL_GAS = 2_000_000n;

const poolV2 = new Interface([
  "function releaseOrMint(tuple(bytes originalSender, uint64 remoteChainSelector, address receiver, uint256 sourceDenominatedAmount, address localToken, bytes sourcePoolAddress, bytes sourcePoolData, bytes offchainTokenData) input, bytes4 finality) returns (tuple(uint256 destinationAmount))",
]);
const erc165 = new Interface(["function supportsInterface(bytes4 id) view returns (bool)"]);
const receiverAbi = new Interface([
  "function ccipReceive(tuple(bytes32 messageId, uint64 sourceChainSelector, bytes sender, bytes data, tuple(address token, uint256 amount)[] destTokenAmounts) message)",
]);

const staticConfig = z.object({
  tokenAdminRegistry: z.string(),
  gasForCallExactCheck: z.bigint(),
});
const sourceConfig = z.object({ router: z.string() });
const routedSchema = z.tuple([z.boolean(), z.string(), z.bigint()]);

/**
 * Simulates the OffRamp's calls to the pool and the receiver of a CCIP 2.0 message. Needs no verifier results, and
 * no revert data is truncated. The receiver is simulated before the pool has minted anything for it.
 */
export async function replayAsOffRamp(
  message: Message20,
  pinnedBlock: PinnedBlock,
  receiverGas = message.gasLimit,
): Promise<Rehearsal> {
  const { interface: ramp } = released("offRamp", "2.0");
  const offRamp = { address: message.offRamp, interface: ramp };
  const [{ tokenAdminRegistry, gasForCallExactCheck }, { router }] = await Promise.all([
    readOne(pinnedBlock, offRamp, "getStaticConfig", [], staticConfig),
    readOne(pinnedBlock, offRamp, "getSourceChainConfig", [message.sourceSelector], sourceConfig),
  ]);
  const refusal = await askPool(message, pinnedBlock, tokenAdminRegistry);
  if (refusal) return refusal;
  if (await isPassedOver(message, pinnedBlock)) return { outcome: "success" };

  const { interface: routerAbi } = released("router");
  const routed = await tryCall(pinnedBlock, {
    from: message.offRamp,
    to: router,
    data: routerAbi.encodeFunctionData("routeMessage", [
      toReceive(message),
      gasForCallExactCheck,
      receiverGas,
      message.receiver,
    ]),
    gasLimit: receiverGas + receiverGas / 32n + CALL_GAS,
  });
  if (routed.outcome === "refused") return routed;
  const [isTaken, reason, gasUsed] = routedSchema.parse(
    routerAbi.decodeFunctionResult("routeMessage", routed.result).toArray(),
  );
  if (isTaken) return { outcome: "success", receiverGasUsed: gasUsed };
  const whole = await wholeReason(message, pinnedBlock, router, reason);
  return { outcome: "refused", returnData: ramp.encodeErrorResult("ReceiverError", [whole]) };
}

/**
 * Completes the revert data of a receiver, which the router truncates to 132 bytes: the receiver is called again,
 * with the router as the sender.
 * @param returnData revert data of the OffRamp.
 */
export async function completeReason(
  { message, destination }: Pick<FoundMessage, "message" | "destination">,
  pinnedBlock: PinnedBlock,
  returnData: string,
): Promise<string> {
  const { interface: ramp } = released("offRamp", message.version);
  const parsed = dataLength(returnData) < 4 ? null : ramp.parseError(returnData);
  if (parsed?.name !== "ReceiverError") return returnData;
  const offRamp = { address: destination.ccip.offRamp, interface: ramp };
  const args = [message.sourceSelector];
  const { router } = await readOne(
    pinnedBlock,
    offRamp,
    "getSourceChainConfig",
    args,
    sourceConfig,
  );
  const whole = await wholeReason(message, pinnedBlock, router, z.string().parse(parsed.args[0]));
  return ramp.encodeErrorResult("ReceiverError", [whole]);
}

/** Simulates the pool's release or mint for a message; undefined when it would succeed. */
async function askPool(
  message: Message20,
  pinnedBlock: PinnedBlock,
  tokenAdminRegistry: string,
): Promise<Refusal | undefined> {
  const { token } = decodeMessageV1(message.encoded);
  if (!token) return undefined;
  const { interface: ramp } = released("offRamp", "2.0");
  const localToken = evmAddress(token.destinationToken, "destination token");
  const registry = {
    address: tokenAdminRegistry,
    interface: released("tokenAdminRegistry").interface,
  };
  const pool = await readOne(pinnedBlock, registry, "getPool", [localToken], z.string());
  if ((await pinnedBlock.provider.getCode(pool)) === "0x") {
    return { outcome: "refused", returnData: ramp.encodeErrorResult("NotACompatiblePool", [pool]) };
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
  const data = (await supports(pinnedBlock, pool, POOL_V2_INTERFACE))
    ? poolV2.encodeFunctionData("releaseOrMint", [input, message.finality])
    : released("burnMintPool").interface.encodeFunctionData("releaseOrMint", [input]);
  const asked = await tryCall(pinnedBlock, {
    from: message.offRamp,
    to: pool,
    data,
    gasLimit: CALL_GAS,
  });
  if (asked.outcome === "success") return undefined;
  const args = [localToken, asked.returnData];
  return { outcome: "refused", returnData: ramp.encodeErrorResult("TokenHandlingError", args) };
}

/** Returns whether the OffRamp completes a message without calling its receiver. */
async function isPassedOver(message: Message, pinnedBlock: PinnedBlock): Promise<boolean> {
  if (message.data === "0x" && message.gasLimit === 0n) return true;
  if ((await pinnedBlock.provider.getCode(message.receiver)) === "0x") return true;
  return !(await supports(pinnedBlock, message.receiver, RECEIVER_INTERFACE));
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
  pinnedBlock: PinnedBlock,
  router: string,
  cut: string,
): Promise<string> {
  if (dataLength(cut) < ROUTER_RETURN_BYTES) return cut;
  const asked = await tryCall(pinnedBlock, {
    from: router,
    to: message.receiver,
    data: receiverAbi.encodeFunctionData("ccipReceive", [toReceive(message)]),
    gasLimit: message.gasLimit + CALL_GAS,
  });
  const whole = asked.outcome === "refused" ? asked.returnData : "0x";
  return whole.startsWith(cut) ? whole : cut;
}

/** Returns whether a contract declares an interface through ERC-165. */
async function supports(pinnedBlock: PinnedBlock, address: string, id: string): Promise<boolean> {
  const contract = { address, interface: erc165 };
  try {
    return await readOne(pinnedBlock, contract, "supportsInterface", [id], z.boolean());
  } catch (error) {
    if (isContractError(error)) return false;
    throw error;
  }
}
