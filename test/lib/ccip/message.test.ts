import { expect } from "chai";
import { concat, getAddress, hexlify, keccak256, toBeHex } from "ethers";
import fc from "fast-check";
import hre from "hardhat";
import { deployContract, localAccount } from "ccip-localnet";
import { LOCAL_ACCOUNTS } from "ccip-localnet/config";
import {
  EXTRA_ARGS_V2_TAG,
  abiCoder,
  decodeMessage,
  encodeAddress,
  encodeMessageV1,
  leafHash,
  released,
  toRampMessage,
} from "ccip-localnet/protocol";
import type { Message, Message16 } from "ccip-localnet/protocol";

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

const at = (number: number) => getAddress(toBeHex(number, 20));

/** Encodes the log of an OnRamp; returns the message that is read from it. */
function readBack(version: "1.6" | "2.0", args: readonly unknown[], sent: Pick<Message, "onRamp">) {
  const { interface: onRamp } = released("onRamp", version);
  const event = onRamp.getEvent("CCIPMessageSent");
  if (!event) throw new Error("The OnRamp has no CCIPMessageSent.");
  const { topics, data } = onRamp.encodeEventLog(event, args);
  const where = { transactionHash: toBeHex(99, 32), blockNumber: 77 };
  return decodeMessage({ address: sent.onRamp, topics: topics.map(String), data, ...where });
}

describe("The log of an OnRamp", () => {
  it("of CCIP 1.6 is read as it was written, whatever the message", () => {
    fc.assert(
      fc.property(message, (made) => {
        const sent = {
          ...made,
          ...{ sender: getAddress(made.sender), receiver: getAddress(made.receiver) },
          ...{ onRamp: getAddress(made.onRamp), feeToken: getAddress(made.feeToken) },
          ...{ transactionHash: toBeHex(99, 32), blockNumber: 77 },
          tokens: made.tokens.map((token) => ({
            ...token,
            sourcePool: getAddress(token.sourcePool),
            destinationToken: getAddress(token.destinationToken),
          })),
        };
        const { destinationSelector, sequenceNumber, gasLimit } = sent;
        const header = [sent.messageId, sent.sourceSelector, destinationSelector, sequenceNumber];
        const extraArgs = abiCoder.encode(["uint256", "bool"], [gasLimit, true]);
        const logged = [
          [...header, sent.nonce],
          ...[sent.sender, sent.data, encodeAddress(sent.receiver)],
          ...[concat([EXTRA_ARGS_V2_TAG, extraArgs]), sent.feeToken, sent.feeAmount, 5n],
          sent.tokens.map((token) => [
            ...[token.sourcePool, encodeAddress(token.destinationToken), token.extraData],
            ...[token.amount, toBeHex(token.destinationGas, 32)],
          ]),
        ];
        const args = [destinationSelector, sequenceNumber, logged];
        expect(readBack("1.6", args, sent)).to.deep.equal(sent);
      }),
      { numRuns: 30 },
    );
  });

  const token = {
    amount: 5n,
    sourcePool: encodeAddress(at(31)),
    sourceToken: encodeAddress(at(32)),
    destinationToken: at(33).toLowerCase(),
    tokenReceiver: at(34).toLowerCase(),
    extraData: "0x1234",
  };
  for (const [what, transfer, tokens] of [
    ["without tokens", undefined, []],
    [
      "with tokens",
      token,
      [
        {
          sourcePool: at(31),
          destinationToken: at(33),
          extraData: "0x1234",
          amount: 5n,
          destinationGas: 700n,
        },
      ],
    ],
  ] as const) {
    it(`of CCIP 2.0 is read with whom it has paid: ${what}`, () => {
      const encoded = encodeMessageV1({
        sourceSelector: 7n,
        destinationSelector: 11n,
        messageNumber: 13n,
        executionGasLimit: 900_000n,
        receiverGasLimit: 200_000n,
        finality: "0x00000020",
        ccvAndExecutorHash: toBeHex(1, 32),
        onRamp: encodeAddress(at(21)),
        offRamp: at(22).toLowerCase(),
        sender: encodeAddress(at(23)),
        receiver: at(24).toLowerCase(),
        destinationBlob: "0x",
        token: transfer,
        data: "0xabcd",
      });
      const receipt = (issuer: number, gas: bigint, fee: bigint) => [at(issuer), gas, 0, fee, "0x"];
      const receipts = [
        receipt(41, 100n, 1n),
        receipt(42, 200n, 10n),
        ...(transfer ? [receipt(31, 700n, 100n)] : []),
        receipt(43, 300n, 1_000n),
        receipt(44, 400n, 10_000n),
      ];
      const messageId = keccak256(encoded);
      const args = [11n, at(23), messageId, at(25), 5n, encoded, receipts, []];
      expect(readBack("2.0", args, { onRamp: at(21) })).to.deep.equal({
        version: "2.0",
        messageId,
        sourceSelector: 7n,
        destinationSelector: 11n,
        sequenceNumber: 13n,
        sender: at(23),
        receiver: at(24),
        data: "0xabcd",
        gasLimit: 200_000n,
        tokens,
        feeToken: at(25),
        feeAmount: transfer ? 11_111n : 11_011n,
        onRamp: at(21),
        transactionHash: toBeHex(99, 32),
        blockNumber: 77,
        encoded,
        offRamp: at(22),
        executionGas: 900_000n,
        finality: "0x00000020",
        verifiers: [at(41), at(42)],
        executor: at(43),
      });
    });
  }
});
