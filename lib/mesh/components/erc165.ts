import { AbiCoder, concat, id } from "ethers";

import { abi } from "../../core/abis";
import type { PinnedChain } from "../../rpc/pinned";

/** `type(IAny2EVMMessageReceiver).interfaceId`: the interface that CCIP's OffRamp requires of a receiver. */
const RECEIVER_INTERFACE = id(
  "ccipReceive((bytes32,uint64,bytes,bytes,(address,uint256)[]))",
).slice(0, 10);

/** The queries of OpenZeppelin's ERC165Checker, and the expected answers of a receiver. */
const QUERIES = [
  ["0x01ffc9a7", true],
  ["0xffffffff", false],
  [RECEIVER_INTERFACE, true],
] as const;

/**
 * Checks whether CCIP would call a receiver: the OffRamp queries ERC-165 with 30,000 gas, and counts a message to a
 * contract without the interface as a success without calling it.
 */
export async function isCcipReceiver(pinned: PinnedChain, receiver: string): Promise<boolean> {
  const answers = await Promise.all(
    QUERIES.map(async ([interfaceId, expected]) => {
      const call = abi.receiver.encodeFunctionData("supportsInterface", [interfaceId]);
      const result = await pinned.call({ data: concat([queryCode(receiver), call]) });
      const [answer, answered] = AbiCoder.defaultAbiCoder().decode(["uint256", "bool"], result);
      return answered === true && (answer === 1n) === expected;
    }),
  );
  return answers.every((right) => right);
}

/**
 * Creation code that forwards the 36 bytes appended to it to an account with 30,000 gas, and returns the first word
 * of the answer and whether the call succeeded. In a plain call, intrinsic gas would reduce these 30,000 by an
 * amount that differs between chains.
 */
function queryCode(account: string): string {
  return concat([
    "0x60246030600039", // codecopy(to 0, from 48, 36 bytes)
    "0x6020604060246000", // the answer: 32 bytes to 64; the call: 36 bytes from 0
    "0x73",
    account,
    "0x617530fa", // staticcall(30,000 gas)
    "0x606052", // mstore(96, whether it succeeded)
    "0x60406040f3", // return(from 64, 64 bytes)
  ]);
}
