import { expect } from "chai";
import { MaxUint256, dataLength, hexlify, toBeHex } from "ethers";
import fc from "fast-check";

import { PoolDataCodec__factory } from "../../../typechain-types";
import { loadFixture } from "../../shared/fixture";
import { MAX_SHARES } from "../../shared/indexes";
import { libraryFixture } from "../../shared/libraryFixture";
import { propertyRuns } from "../../shared/propertyRuns";

const errors = { interface: PoolDataCodec__factory.createInterface() };

/** version(8) | decimals(8) | epoch(32) | shares(208), each with bits of its own. */
const FIELDS = { decimals: 18n, epoch: 0x89abcdefn, shares: 0x1234_5678_9abc_def0n };
const WORD = "0x011289abcdef000000000000000000000000000000000000123456789abcdef0";

const uint32 = fc.bigInt(0n, 2n ** 32n - 1n);
const uint8 = fc.bigInt(0n, 255n);

describe("PoolDataCodec", () => {
  it("writes version, decimals, epoch and shares from the top of one word down", async () => {
    const { library } = await loadFixture(libraryFixture);
    expect(await library.encodePoolData(FIELDS.decimals, FIELDS.epoch, FIELDS.shares)).to.equal(
      WORD,
    );
    expect(await library.decodePoolData(WORD, FIELDS.decimals)).to.deep.equal([
      FIELDS.epoch,
      FIELDS.shares,
    ]);
  });

  it("fills every field to its last bit without affecting the next", async () => {
    const { library } = await loadFixture(libraryFixture);
    for (const [decimals, epoch, shares, word] of [
      [0n, 0n, 0n, `0x01${"00".repeat(31)}`],
      [255n, 0n, 0n, `0x01ff${"00".repeat(30)}`],
      [0n, 2n ** 32n - 1n, 0n, `0x0100ffffffff${"00".repeat(26)}`],
      [0n, 0n, MAX_SHARES, `0x010000000000${"ff".repeat(26)}`],
    ] as const) {
      expect(await library.encodePoolData(decimals, epoch, shares)).to.equal(word);
      expect(await library.decodePoolData(word, decimals)).to.deep.equal([epoch, shares]);
    }
  });

  it("decodes what it encoded, for all values, in the 32 bytes that CCIP carries", async () => {
    const { library } = await loadFixture(libraryFixture);
    await fc.assert(
      fc.asyncProperty(
        uint8,
        uint32,
        fc.bigInt(0n, MAX_SHARES),
        async (decimals, epoch, shares) => {
          const data = await library.encodePoolData(decimals, epoch, shares);
          expect(dataLength(data)).to.equal(32);
          expect(await library.decodePoolData(data, decimals)).to.deep.equal([epoch, shares]);
        },
      ),
      propertyRuns(200),
    );
  });

  it("encodes every decoded word to itself: no two words mean the same", async () => {
    const { library } = await loadFixture(libraryFixture);
    await fc.assert(
      fc.asyncProperty(uint8, fc.bigInt(0n, 2n ** 240n - 1n), async (decimals, rest) => {
        const word = toBeHex((1n << 248n) | (decimals << 240n) | rest, 32);
        const { epoch, shares } = await library.decodePoolData(word, decimals);
        expect(await library.encodePoolData(decimals, epoch, shares)).to.equal(word);
      }),
      propertyRuns(100),
    );
  });

  for (const [title, shares] of [
    ["2^208", MAX_SHARES + 1n],
    ["2^240", 2n ** 240n],
    ["2^256 - 1", MaxUint256],
  ] as const) {
    it(`refuses to encode ${title} shares`, async () => {
      const { library } = await loadFixture(libraryFixture);
      await expect(library.encodePoolData(18, 1, shares))
        .to.be.revertedWithCustomError(errors, "PoolDataSharesTooLarge")
        .withArgs(shares);
    });
  }

  it("decodes 32 bytes and no other length from 0 to 96", async () => {
    const { library } = await loadFixture(libraryFixture);
    for (let length = 0; length <= 96; length++) {
      const data = hexlify(new Uint8Array(length).fill(1));
      if (length === 32) {
        await expect(library.decodePoolData(data, 1)).not.to.be.reverted;
      } else {
        await expect(library.decodePoolData(data, 1))
          .to.be.revertedWithCustomError(errors, "InvalidPoolDataLength")
          .withArgs(length);
      }
    }
  });

  for (const version of [0n, 2n, 128n, 255n]) {
    it(`refuses to decode version ${version}`, async () => {
      const { library } = await loadFixture(libraryFixture);
      const word = toBeHex((version << 248n) | (18n << 240n) | 5n, 32);
      await expect(library.decodePoolData(word, 18))
        .to.be.revertedWithCustomError(errors, "UnsupportedPoolDataVersion")
        .withArgs(version);
    });
  }

  it("refuses a standard pool's word: the decimals as a plain number", async () => {
    const { library } = await loadFixture(libraryFixture);
    await expect(library.decodePoolData(toBeHex(18n, 32), 18))
      .to.be.revertedWithCustomError(errors, "UnsupportedPoolDataVersion")
      .withArgs(0n);
  });

  for (const decimals of [0n, 6n, 17n, 19n, 255n]) {
    it(`refuses ${decimals} decimals where 18 are expected, and vice versa`, async () => {
      const { library } = await loadFixture(libraryFixture);
      for (const [actual, expected] of [
        [decimals, 18n],
        [18n, decimals],
      ] as const) {
        const data = await library.encodePoolData(actual, 1, 5);
        await expect(library.decodePoolData(data, expected))
          .to.be.revertedWithCustomError(errors, "UnexpectedPoolDataDecimals")
          .withArgs(actual, expected);
      }
    });
  }
});
