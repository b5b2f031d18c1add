import { expect } from "chai";
import { ZeroHash, concat, dataLength, dataSlice, hexlify, toBeHex } from "ethers";
import fc from "fast-check";
import hre from "hardhat";
import { deployContract, localAccount, localCommittee, sendAll } from "ccip-localnet";
import { LOCAL_ACCOUNTS } from "ccip-localnet/config";
import {
  COMMITTEE_VERSION_TAG,
  committeeResults,
  decodeMessageV1,
  encodeMessageV1,
  evmAddress,
  MessageEncodingError,
  released,
  revertDataOf,
} from "ccip-localnet/protocol";
import type { MessageV1 } from "ccip-localnet/protocol";
import { loadFixture } from "../../shared/fixture";

const SELECTORS = { source: 7n, local: 11n } as const;

const bytes = (options: fc.IntArrayConstraints): fc.Arbitrary<string> =>
  fc.uint8Array(options).map((value) => hexlify(value));
const exactly = (length: number): fc.Arbitrary<string> =>
  bytes({ minLength: length, maxLength: length });
const uint = (bits: bigint): fc.Arbitrary<bigint> => fc.bigInt(0n, 2n ** bits - 1n);

const token = fc.record({
  amount: uint(256n),
  sourcePool: bytes({ maxLength: 255 }),
  sourceToken: bytes({ maxLength: 64 }),
  destinationToken: bytes({ maxLength: 64 }),
  tokenReceiver: bytes({ maxLength: 64 }),
  extraData: bytes({ maxLength: 300 }),
});

const message: fc.Arbitrary<MessageV1> = fc
  .record({
    sourceSelector: uint(64n),
    destinationSelector: uint(64n),
    messageNumber: uint(64n),
    executionGasLimit: uint(32n),
    receiverGasLimit: uint(32n),
    finality: exactly(4),
    ccvAndExecutorHash: exactly(32),
    onRamp: bytes({ maxLength: 255 }),
    offRamp: bytes({ maxLength: 255 }),
    sender: bytes({ maxLength: 64 }),
    receiver: fc.oneof(exactly(20), bytes({ maxLength: 64 })),
    destinationBlob: bytes({ maxLength: 300 }),
    data: bytes({ maxLength: 300 }),
    transfer: fc.option(token, { nil: undefined }),
  })
  .map(({ transfer, ...rest }) => ({ ...rest, ...(transfer && { token: transfer }) }));

/** Whatever may happen to packed bytes on their way: cut, prolonged, or a byte changed. */
const damage = fc.oneof(
  fc.record({ kind: fc.constant("cut" as const), at: fc.double({ min: 0, max: 1, noNaN: true }) }),
  fc.record({ kind: fc.constant("prolong" as const), by: bytes({ minLength: 1, maxLength: 40 }) }),
  fc.record({
    kind: fc.constant("change" as const),
    at: fc.double({ min: 0, max: 0.999, noNaN: true }),
    to: exactly(1),
  }),
);

function damaged(encoded: string, how: typeof damage extends fc.Arbitrary<infer T> ? T : never) {
  if (how.kind === "prolong") return concat([encoded, how.by]);
  const at = Math.floor(how.at * dataLength(encoded));
  if (how.kind === "cut") return dataSlice(encoded, 0, at);
  return concat([dataSlice(encoded, 0, at), how.to, dataSlice(encoded, at + 1)]);
}

describe("The packed message of CCIP 2.0", () => {
  it("decodes to what was packed", () => {
    fc.assert(
      fc.property(message, (original) => {
        expect(decodeMessageV1(encodeMessageV1(original))).to.deep.equal(original);
      }),
    );
  });

  it("is accepted or refused exactly as by the released OffRamp", async () => {
    const { reads } = await loadFixture(offRampFixture);
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(message, fc.option(damage), async (original, how) => {
        const sound = encodeMessageV1(original);
        const encoded = how ? damaged(sound, how) : sound;
        const isRead = await reads(encoded);
        if (!isRead) refused += 1;
        if (isRead) expect(encodeMessageV1(decodeMessageV1(encoded))).to.equal(encoded);
        else expect(() => decodeMessageV1(encoded)).to.throw(MessageEncodingError);
      }),
      { numRuns: 300 },
    );
    expect(refused).to.be.greaterThan(50);
  });

  const sound: MessageV1 = {
    sourceSelector: 1n,
    destinationSelector: 2n,
    messageNumber: 3n,
    executionGasLimit: 4n,
    receiverGasLimit: 5n,
    finality: "0x00000000",
    ccvAndExecutorHash: ZeroHash,
    onRamp: "0x01",
    offRamp: "0x02",
    sender: "0x03",
    receiver: "0x04",
    destinationBlob: "0x",
    data: "0x",
  };

  const unfit: [field: string, change: Partial<MessageV1>, error: string][] = [
    ["selector of 65 bits", { sourceSelector: 2n ** 64n }, "does not fit 8 bytes"],
    ["negative number", { messageNumber: -1n }, "does not fit 8 bytes"],
    ["gas limit of 33 bits", { executionGasLimit: 2n ** 32n }, "does not fit 4 bytes"],
    ["finality of three bytes", { finality: "0x000000" }, "has 3 bytes instead of 4"],
    ["sender of 256 bytes", { sender: toBeHex(1, 256) }, "256 does not fit 1 bytes"],
    ["data of 65,536 bytes", { data: toBeHex(1, 65_536) }, "65536 does not fit 2 bytes"],
  ];
  for (const [field, change, error] of unfit) {
    it(`is not packed with a ${field}`, () => {
      expect(() => encodeMessageV1({ ...sound, ...change })).to.throw(MessageEncodingError, error);
    });
  }

  const broken: [what: string, encoded: string, error: string][] = [
    ["nothing", "0x", "ends after 0 bytes, within the version"],
    ["another version", concat(["0x02", dataSlice(encodeMessageV1(sound), 1)]), "in version 2"],
    ["a byte too few", dataSlice(encodeMessageV1(sound), 0, -1), "within the length of the data"],
    ["a byte too many", concat([encodeMessageV1(sound), "0x00"]), "has 1 bytes more"],
  ];
  for (const [what, encoded, error] of broken) {
    it(`is not read from ${what}`, () => {
      expect(() => decodeMessageV1(encoded)).to.throw(MessageEncodingError, error);
    });
  }

  it("accepts EVM addresses of 20 and of 32 bytes only", () => {
    const address = "0x00000000000000000000000000000000000000AB";
    expect(evmAddress(address, "receiver")).to.equal(address);
    expect(evmAddress(concat(["0x000000000000000000000000", address]), "sender")).to.equal(address);
    for (const foreign of ["0x", "0x01", toBeHex(1, 33), `0x01${"00".repeat(31)}`]) {
      expect(() => evmAddress(foreign, "receiver")).to.throw(MessageEncodingError, foreign);
    }
  });
});

describe("The results of a committee", () => {
  const { signers, threshold } = localCommittee();

  it("are accepted by the released verifier, whichever members sign", async () => {
    const { verify } = await loadFixture(verifierFixture);
    await fc.assert(
      fc.asyncProperty(
        exactly(32),
        fc.shuffledSubarray([...signers], { minLength: threshold }),
        async (messageId, some) => {
          expect(await verify(messageId, committeeResults(messageId, some))).to.equal("taken");
        },
      ),
      { numRuns: 50 },
    );
  });

  it("are refused below the threshold, from unknown signers, and for another message", async () => {
    const { verify } = await loadFixture(verifierFixture);
    const id = toBeHex(1, 32);
    const thirdParties = [localAccount(1), localAccount(2)];
    expect(await verify(id, committeeResults(id, signers.slice(0, 1)))).to.equal(
      "WrongNumberOfSignatures",
    );
    expect(await verify(id, committeeResults(id, thirdParties))).to.equal("UnauthorizedSigner");
    expect(await verify(id, committeeResults(toBeHex(2, 32), signers))).to.equal(
      "UnauthorizedSigner",
    );
  });
});

const owner = () => localAccount(LOCAL_ACCOUNTS.ccipOwner, hre.ethers.provider);

async function rmn(): Promise<string> {
  return deployContract(owner(), released("rmnRemote", "2.0"), [[]]);
}

async function offRampFixture() {
  const code = released("offRamp", "2.0");
  const to = await deployContract(owner(), code, [
    {
      localChainSelector: SELECTORS.local,
      gasForCallExactCheck: 5_000,
      rmnRemote: await rmn(),
      tokenAdminRegistry: await deployContract(owner(), released("tokenAdminRegistry")),
      maxGasBufferToUpdateState: 12_000,
    },
  ]);
  const reads = async (encoded: string): Promise<boolean> => {
    const data = code.interface.encodeFunctionData("getCCVsForMessage", [encoded]);
    try {
      await hre.ethers.provider.call({ to, data });
      return true;
    } catch (error) {
      const name = code.interface.parseError(revertDataOf(error))?.name ?? "";
      return name !== "InvalidDataLength" && name !== "InvalidEncodingVersion";
    }
  };
  return { reads };
}

async function verifierFixture() {
  const code = released("committeeVerifier", "2.0");
  const to = await deployContract(owner(), code, [
    { feeAggregator: await owner().getAddress(), allowlistAdmin: await owner().getAddress() },
    ["local"],
    await rmn(),
    COMMITTEE_VERSION_TAG,
  ]);
  const { signers, threshold } = localCommittee();
  const config = {
    sourceChainSelector: SELECTORS.source,
    threshold,
    signers: signers.map(({ address }) => address),
  };
  const data = code.interface.encodeFunctionData("applySignatureConfigs", [[], [config]]);
  await sendAll(owner(), [{ label: "applySignatureConfigs", to, data }]);
  const message = {
    sourceChainSelector: SELECTORS.source,
    destChainSelector: SELECTORS.local,
    messageNumber: 1n,
    executionGasLimit: 0n,
    ccipReceiveGasLimit: 0n,
    finality: "0x00000000",
    ccvAndExecutorHash: ZeroHash,
    ...{ onRampAddress: "0x", offRampAddress: "0x", sender: "0x", receiver: "0x" },
    ...{ destBlob: "0x", tokenTransfer: [], data: "0x" },
  };
  const verify = async (messageId: string, results: string): Promise<string> => {
    const call = code.interface.encodeFunctionData("verifyMessage", [message, messageId, results]);
    try {
      await hre.ethers.provider.call({ to, data: call });
      return "taken";
    } catch (error) {
      return code.interface.parseError(revertDataOf(error))?.name ?? String(error);
    }
  };
  return { verify };
}
