import { AbiCoder, concat } from "ethers";

import { abi } from "../../core/abis";
import type { PinnedChain } from "../../rpc/pinned";

/** The queries of OpenZeppelin's ERC165Checker for `IAny2EVMMessageReceiver`, and the answers of a receiver. */
const QUERIES = { "0x01ffc9a7": true, "0xffffffff": false, "0x85572ffb": true };

/** Checks whether CCIP would call a receiver; it counts a message to any other contract as a success without a call. */
export async function isCcipReceiver(pinned: PinnedChain, receiver: string): Promise<boolean> {
  const answers = Object.entries(QUERIES).map(async ([interfaceId, expected]) => {
    const call = abi.receiver.encodeFunctionData("supportsInterface", [interfaceId]);
    const result = await pinned.call({ data: concat([queryCode(receiver), call]) });
    const [answer, answered] = AbiCoder.defaultAbiCoder().decode(["uint256", "bool"], result);
    return answered === true && (answer === 1n) === expected;
  });
  return (await Promise.all(answers)).every((isRight) => isRight);
}

/**
 * Creation code that forwards the 36 bytes appended to it to an account with the 30,000 gas of an OffRamp's query, and
 * returns the first word of the answer and whether it succeeded. Intrinsic gas would reduce those of a plain call.
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
