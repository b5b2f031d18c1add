import { expect } from "chai";
import { MaxUint256, concat, dataLength, hexlify, toBeHex } from "ethers";
import fc from "fast-check";

import { BroadcastCodec__factory } from "../../../typechain-types";
import { loadFixture } from "../../shared/fixture";
import { MAX_EFFECTIVE_AT, MAX_INDEX } from "../../shared/indexes";
import { libraryFixture } from "../../shared/libraryFixture";
import { propertyRuns } from "../../shared/propertyRuns";

const errors = { interface: BroadcastCodec__factory.createInterface() };
const MAX_EPOCH = 2n ** 32n - 1n;
const MAX_TIME = 2n ** 56n - 1n;

/** A state in which every field has bits of its own, and its two words, put together by hand. */
const STATE = [
  0x89abcdefn,
  0x111122223333444455556666n,
  0x777788889999aaaabbbbccccn,
  0x01234567_89abcdn,
  0xfedcba98_765432n,
] as const;
const HEADER = "0x0289abcdef0123456789abcdfedcba9876543200000000000000000000000000";
const BODY = "0x0000000000000000111122223333444455556666777788889999aaaabbbbcccc";

/** The state as `decode` returns it. */
function decoded([epoch, current, next, effectiveAt, sentAt]: readonly bigint[]) {
  return [epoch, effectiveAt, sentAt, current, next];
}

describe("BroadcastCodec", () => {
  it("writes version, epoch, effectiveAt and sentAt into one word, both indexes into the next", async () => {
    const { library } = await loadFixture(libraryFixture);
    expect(await library.encodeBroadcast(...STATE)).to.equal(concat([HEADER, BODY]));
    expect(await library.decodeBroadcast(concat([HEADER, BODY]))).to.deep.equal(decoded(STATE));
  });

  it("fills every field to its last bit without affecting the next", async () => {
    const { library } = await loadFixture(libraryFixture);
    const empty = "00".repeat(32);
    for (const [state, payload] of [
      [[0n, 0n, 0n, 0n, 0n], `0x02${"00".repeat(31)}${empty}`],
      [[MAX_EPOCH, 0n, 0n, 0n, 0n], `0x02ffffffff${"00".repeat(27)}${empty}`],
      [
        [0n, 0n, 0n, MAX_EFFECTIVE_AT, 0n],
        `0x0200000000${"ff".repeat(7)}${"00".repeat(20)}${empty}`,
      ],
      [
        [0n, 0n, 0n, 0n, MAX_TIME],
        `0x02${"00".repeat(11)}${"ff".repeat(7)}${"00".repeat(13)}${empty}`,
      ],
      [[0n, MAX_INDEX, 0n, 0n, 0n], `0x02${"00".repeat(39)}${"ff".repeat(12)}${"00".repeat(12)}`],
      [[0n, 0n, MAX_INDEX, 0n, 0n], `0x02${"00".repeat(51)}${"ff".repeat(12)}`],
    ] as const) {
      expect(await library.encodeBroadcast(...state)).to.equal(payload);
      expect(await library.decodeBroadcast(payload)).to.deep.equal(decoded(state));
    }
  });

  it("decodes what it encoded, for all values, in 64 bytes", async () => {
    const { library } = await loadFixture(libraryFixture);
    const index = fc.bigInt(0n, MAX_INDEX);
    const time = fc.bigInt(0n, MAX_TIME);
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(fc.bigInt(0n, MAX_EPOCH), index, index, time, time),
        async (state) => {
          const payload = await library.encodeBroadcast(...state);
          expect(dataLength(payload)).to.equal(64);
          expect(await library.decodeBroadcast(payload)).to.deep.equal(decoded(state));
        },
      ),
      propertyRuns(200),
    );
  });

  const tooLarge: readonly [title: string, current: bigint, next: bigint, effectiveAt: bigint][] = [
    ["current", MAX_INDEX + 1n, 1n, 1n],
    ["current, by far", MaxUint256, 1n, 1n],
    ["next", 1n, MAX_INDEX + 1n, 1n],
    ["next, by far", 1n, MaxUint256, 1n],
    ["effectiveAt", 1n, 1n, MAX_EFFECTIVE_AT + 1n],
    ["effectiveAt, by far", 1n, 1n, MaxUint256],
  ];
  for (const [title, current, next, effectiveAt] of tooLarge) {
    it(`refuses to encode a value that does not fit its field: ${title}`, async () => {
      const { library } = await loadFixture(libraryFixture);
      await expect(library.encodeBroadcast(1, current, next, effectiveAt, 1))
        .to.be.revertedWithCustomError(errors, "BroadcastValueTooLarge")
        .withArgs(current, next, effectiveAt);
    });
  }

  it("decodes 64 bytes and no other length from 0 to 96", async () => {
    const { library } = await loadFixture(libraryFixture);
    const payload = concat([HEADER, BODY, HEADER]);
    for (let length = 0; length <= 96; length++) {
      const data = hexlify(payload.slice(0, 2 + 2 * length));
      if (length === 64) {
        expect(await library.decodeBroadcast(data)).to.deep.equal(decoded(STATE));
      } else {
        await expect(library.decodeBroadcast(data))
          .to.be.revertedWithCustomError(errors, "InvalidBroadcastLength")
          .withArgs(length);
      }
    }
  });

  for (const version of [0n, 3n, 128n, 255n]) {
    it(`refuses to decode version ${version}`, async () => {
      const { library } = await loadFixture(libraryFixture);
      const header = toBeHex((version << 248n) | (BigInt(HEADER) & (2n ** 248n - 1n)), 32);
      await expect(library.decodeBroadcast(concat([header, BODY])))
        .to.be.revertedWithCustomError(errors, "UnsupportedBroadcastVersion")
        .withArgs(version);
    });
  }

  it("decodes version 1, which says no time of sending, and refuses one there", async () => {
    const { library } = await loadFixture(libraryFixture);
    const header = "0x0189abcdef0123456789abcd0000000000000000000000000000000000000000";
    const [epoch, current, next, effectiveAt] = STATE;
    expect(await library.decodeBroadcast(concat([header, BODY]))).to.deep.equal(
      decoded([epoch, current, next, effectiveAt, 0n]),
    );
    for (let bit = 0n; bit < 160n; bit++) {
      const dirty = toBeHex(BigInt(header) ^ (1n << bit), 32);
      await expect(library.decodeBroadcast(concat([dirty, BODY])))
        .to.be.revertedWithCustomError(errors, "InvalidBroadcastPadding")
        .withArgs(BigInt(dirty), BigInt(BODY));
    }
  });

  it("refuses any single bit that the version leaves unused", async () => {
    const { library } = await loadFixture(libraryFixture);
    const flipped = (word: string, bit: bigint): bigint => BigInt(word) ^ (1n << bit);
    const dirty: [header: bigint, body: bigint][] = [];
    for (let bit = 0n; bit < 104n; bit++) dirty.push([flipped(HEADER, bit), BigInt(BODY)]);
    for (let bit = 192n; bit < 256n; bit++) dirty.push([BigInt(HEADER), flipped(BODY, bit)]);
    for (const [header, body] of dirty) {
      await expect(library.decodeBroadcast(concat([toBeHex(header, 32), toBeHex(body, 32)])))
        .to.be.revertedWithCustomError(errors, "InvalidBroadcastPadding")
        .withArgs(header, body);
    }
  });
});
