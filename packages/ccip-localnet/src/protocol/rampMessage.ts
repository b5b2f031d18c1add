import { id, keccak256 } from "ethers";

import { abiCoder } from "./abi";
import { encodeAddress } from "./message";
import type { Message16, TokenTransfer } from "./message";

/** The message as `OffRamp.execute` takes it (`Internal.Any2EVMRampMessage`). */
export function toRampMessage(message: Message16): Record<string, unknown> {
  return {
    header: {
      messageId: message.messageId,
      sourceChainSelector: message.sourceSelector,
      destChainSelector: message.destinationSelector,
      sequenceNumber: message.sequenceNumber,
      nonce: message.nonce,
    },
    sender: encodeAddress(message.sender),
    data: message.data,
    receiver: message.receiver,
    gasLimit: message.gasLimit,
    tokenAmounts: message.tokens.map(toRampToken),
  };
}

/**
 * The leaf that a message has in a committed tree: `Internal._hash(Any2EVMRampMessage)` of CCIP 1.6.
 * @param onRamp the OnRamp that sent it; the OffRamp knows it from its own configuration.
 */
export function leafHash(message: Message16, onRamp: string): string {
  const metadata = keccak256(
    abiCoder.encode(
      ["bytes32", "uint64", "uint64", "bytes32"],
      [
        ANY_TO_EVM_HASH,
        message.sourceSelector,
        message.destinationSelector,
        keccak256(encodeAddress(onRamp)),
      ],
    ),
  );
  const fixedFields = keccak256(
    abiCoder.encode(
      ["bytes32", "address", "uint64", "uint256", "uint64"],
      [
        message.messageId,
        message.receiver,
        message.sequenceNumber,
        message.gasLimit,
        message.nonce,
      ],
    ),
  );
  const tokens = abiCoder.encode([TOKEN_TUPLE], [message.tokens.map(toRampToken)]);
  return keccak256(
    abiCoder.encode(
      ["bytes32", "bytes32", "bytes32", "bytes32", "bytes32", "bytes32"],
      [
        LEAF_DOMAIN,
        metadata,
        fixedFields,
        keccak256(encodeAddress(message.sender)),
        keccak256(message.data),
        keccak256(tokens),
      ],
    ),
  );
}

const LEAF_DOMAIN = `0x${"00".repeat(32)}`;
const ANY_TO_EVM_HASH = id("Any2EVMMessageHashV1");
const TOKEN_TUPLE =
  "tuple(bytes sourcePoolAddress, address destTokenAddress, uint32 destGasAmount, bytes extraData, " +
  "uint256 amount)[]";

function toRampToken(token: TokenTransfer): Record<string, unknown> {
  return {
    sourcePoolAddress: encodeAddress(token.sourcePool),
    destTokenAddress: token.destinationToken,
    destGasAmount: token.destinationGas,
    extraData: token.extraData,
    amount: token.amount,
  };
}
