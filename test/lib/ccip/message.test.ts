import { expect } from "chai";
import { hexlify } from "ethers";
import fc from "fast-check";
import hre from "hardhat";
import { deployContract, localAccount } from "ccip-localnet";
import { LOCAL_ACCOUNTS } from "ccip-localnet/config";
import { encodeAddress, leafHash, released, toRampMessage } from "ccip-localnet/protocol";
import type { Message16 } from "ccip-localnet/protocol";

const bytes = (options: fc.IntArrayConstraints): fc.Arbitrary<string> =>
  fc.uint8Array(options).map((value) => hexlify(value));
const word = bytes({ minLength: 32, maxLength: 32 });
const address = bytes({ minLength: 20, maxLength: 20 });
const uint = (bits: bigint): fc.Arbitrary<bigint> => fc.bigInt(0n, 2n ** bits - 1n);

const message: fc.Arbitrary<Message16> = fc.record({
  version: fc.constant("1.6" as const),
  messageId: word,
  sourceSelector: uint(64n),
  destinationSelector: uint(64n),
  sequenceNumber: uint(64n),
  nonce: uint(64n),
  sender: address,
  receiver: address,
  data: bytes({ maxLength: 200 }),
  gasLimit: uint(256n),
  tokens: fc.array(
    fc.record({
      sourcePool: address,
      destinationToken: address,
      extraData: bytes({ maxLength: 64 }),
      amount: uint(256n),
      destinationGas: uint(32n),
    }),
    { maxLength: 3 },
  ),
  feeToken: address,
  feeAmount: uint(256n),
  onRamp: address,
  transactionHash: word,
  blockNumber: fc.nat(),
});

describe("leafHash", () => {
  it("matches CCIP's own message hasher for any message", async () => {
    const hasher = released("messageHasher");
    const { provider } = hre.ethers;
    const to = await deployContract(localAccount(LOCAL_ACCOUNTS.ccipOwner, provider), hasher);
    await fc.assert(
      fc.asyncProperty(message, address, async (sent, onRamp) => {
        const data = hasher.interface.encodeFunctionData("hash", [
          toRampMessage(sent),
          encodeAddress(onRamp),
        ]);
        expect(leafHash(sent, onRamp)).to.equal(await provider.call({ to, data }));
      }),
      { numRuns: 50 },
    );
  });
});
