import { expect } from "chai";
import fc from "fast-check";
import hre from "hardhat";
import { deployContract, localAccount } from "ccip-localnet";
import { LOCAL_ACCOUNTS } from "ccip-localnet/config";
import { leafHash, released, sentTopics, toRouterMessage } from "ccip-localnet/protocol";
import type { CcipVersion, Lane, Message, Message16 } from "ccip-localnet/protocol";

import { address, bytes, uint, word } from "../../test/shared/arbitraries";
import { sendData } from "../../test/shared/ccipMessages";
import { loadFixture } from "../../test/shared/fixture";
import { inProcessChains } from "../../test/shared/inProcessCcip";
import { propertyRuns } from "../../test/shared/propertyRuns";
import { loadSdk } from "./sdk";

/** The used part of the SDK. */
interface Sdk {
  encodeExtraArgs(args: { gasLimit: bigint; allowOutOfOrderExecution: boolean }): string;
  decodeExtraArgs(
    data: string,
    family: "EVM",
  ): { gasLimit: bigint; allowOutOfOrderExecution: boolean };
  readonly EVMChain: {
    decodeMessage(log: { topics: readonly string[]; data: string }): Decoded;
    getDestLeafHasher(
      lane: Record<string, unknown>,
      context: { logger: { debug(): void } },
    ): (message: Record<string, unknown>) => string;
  };
  readonly SELECTORS: Record<string, unknown>;
}

interface Decoded {
  readonly messageId: string;
  readonly sequenceNumber: bigint;
  readonly sender: string;
  readonly receiver: string;
  readonly data: string;
  readonly feeTokenAmount?: bigint;
  readonly gasLimit?: bigint;
  /** The same in CCIP 2.0. */
  readonly ccipReceiveGasLimit?: number;
}

const sdk = loadSdk<Sdk>();
const quiet = { logger: { debug: () => undefined } };

describe("Chainlink's ccip-sdk agrees about", () => {
  it("extra arguments, in both directions", () => {
    fc.assert(
      fc.property(uint(256), fc.boolean(), (gasLimit, outOfOrder) => {
        const { extraArgs } = toRouterMessage({
          receiver: `0x${"11".repeat(20)}`,
          gasLimit,
          outOfOrder,
        });
        const args = { gasLimit, allowOutOfOrderExecution: outOfOrder };
        expect(sdk.encodeExtraArgs(args)).to.equal(extraArgs);
        expect(sdk.decodeExtraArgs(String(extraArgs), "EVM")).to.deep.include(args);
      }),
      propertyRuns(200),
    );
  });

  it("the leaf of any message of CCIP 1.6", () => {
    const token = fc.record({
      sourcePool: address,
      destinationToken: address,
      extraData: bytes({ minLength: 1, maxLength: 64 }),
      amount: uint(256),
      destinationGas: uint(32),
    });
    const message = fc.record({
      messageId: word,
      sourceSelector: uint(64),
      destinationSelector: uint(64),
      sequenceNumber: uint(64),
      nonce: uint(64),
      sender: address,
      receiver: address,
      data: bytes({ maxLength: 200 }),
      gasLimit: uint(256),
      tokens: fc.array(token, { maxLength: 3 }),
    });
    fc.assert(
      fc.property(message, address, (sent, onRamp) => {
        const hash = sdk.EVMChain.getDestLeafHasher(
          {
            sourceChainSelector: sent.sourceSelector,
            destChainSelector: sent.destinationSelector,
            onRamp,
            version: "1.6.0",
          },
          quiet,
        );
        const tokenAmounts = sent.tokens.map((item) => ({
          sourcePoolAddress: item.sourcePool,
          destTokenAddress: item.destinationToken,
          destGasAmount: item.destinationGas,
          extraData: item.extraData,
          amount: item.amount,
        }));
        expect(leafHash(sent as unknown as Message16, onRamp)).to.equal(
          hash({ ...sent, tokenAmounts }),
        );
      }),
      propertyRuns(200),
    );
  });

  for (const version of ["1.6", "2.0"] as const) {
    it(`what was sent over CCIP ${version}`, async () => {
      const { lane, receiver } = await loadFixture(() => laneOf(version));
      await fc.assert(
        fc.asyncProperty(
          bytes({ maxLength: 300 }),
          fc.bigInt(0n, 2_000_000n),
          async (data, gasLimit) => {
            const [message] = await sendData(lane, [{ receiver, data, gasLimit }]);
            if (!message) throw new Error("Nothing was sent.");
            const decoded = await decodedBySdk(lane, message, version);
            expect({
              ...decoded,
              gasLimit: BigInt(decoded.gasLimit ?? decoded.ccipReceiveGasLimit ?? -1),
            }).to.deep.include({
              messageId: message.messageId,
              sequenceNumber: message.sequenceNumber,
              sender: message.sender,
              receiver: message.receiver,
              data: message.data,
              gasLimit,
            });
            expect(message.gasLimit).to.equal(gasLimit);
          },
        ),
        propertyRuns(20),
      );
    });
  }
});

async function decodedBySdk(
  { source }: Lane,
  { transactionHash, onRamp }: Message,
  version: CcipVersion,
): Promise<Decoded> {
  const receipt = await source.provider.getTransactionReceipt(transactionHash);
  const log = receipt?.logs.find(
    ({ address: by, topics }) => by === onRamp && topics[0] === sentTopics()[version],
  );
  if (!log) throw new Error(`${transactionHash} has sent nothing.`);
  return sdk.EVMChain.decodeMessage({ topics: log.topics, data: log.data });
}

/** A lane between chains that the SDK is told of, and a contract that receives. */
async function laneOf(version: CcipVersion): Promise<{ lane: Lane; receiver: string }> {
  const [source, destination] = await inProcessChains(2, undefined, version);
  if (!source || !destination) throw new Error("A lane has two ends.");
  for (const [i, { selector, name }] of [source, destination].entries()) {
    sdk.SELECTORS[`99${i}`] = { selector, name, family: "EVM", network_type: "TESTNET" };
  }
  const owner = localAccount(LOCAL_ACCOUNTS.ccipOwner, hre.ethers.provider);
  const receiver = await deployContract(owner, released("messageHasher"));
  return { lane: { source, destination }, receiver };
}
