import { AbiCoder, concat, id } from "ethers";

import type { PinnedChain } from "../rpc/pinned";

import { abi } from "../core/abis";

/** `type(IAny2EVMMessageReceiver).interfaceId`: what CCIP's OffRamp asks a receiver for. */
const RECEIVER_INTERFACE = id(
  "ccipReceive((bytes32,uint64,bytes,bytes,(address,uint256)[]))",
).slice(0, 10);

/** The questions of OpenZeppelin's ERC165Checker, and what a receiver has to answer. */
const QUESTIONS = [
  ["0x01ffc9a7", true],
  ["0xffffffff", false],
  [RECEIVER_INTERFACE, true],
] as const;

/**
 * Whether CCIP would call a receiver: it asks it with 30,000 gas, and a message to one that does not
 * answer counts as a success without any effect.
 */
export async function isCcipReceiver(pinned: PinnedChain, receiver: string): Promise<boolean> {
  const answers = await Promise.all(
    QUESTIONS.map(async ([interfaceId, expected]) => {
      const call = abi.receiver.encodeFunctionData("supportsInterface", [interfaceId]);
      const result = await pinned.call({ data: concat([asking(receiver), call]) });
      const [answer, answered] = AbiCoder.defaultAbiCoder().decode(["uint256", "bool"], result);
      return answered === true && (answer === 1n) === expected;
    }),
  );
  return answers.every((right) => right);
}

/**
 * Code of a contract that is never deployed: it passes the 36 bytes behind it on to an account with
 * 30,000 gas, and returns the first word of the answer and whether there was one. A plain call would
 * pay for itself out of the same gas, differently on every chain.
 */
function asking(account: string): string {
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
