import { expect } from "chai";
import { ZeroAddress, ZeroHash, concat, dataSlice, toBeHex } from "ethers";
import fc from "fast-check";
import { ethers } from "hardhat";
import type { Message } from "ccip-localnet/protocol";

import { contentOf, decodeBroadcast, decodePoolData } from "../../../lib/ccip/poolData";
import {
  batchOf,
  decodeProposal,
  encodeProposal,
  executedBatch,
  operationId,
} from "../../../lib/ccip/proposalData";
import type { ProposalData } from "../../../lib/ccip/proposalData";
import { TimelockController__factory } from "../../../typechain-types";
import { address, bytes, exactly, uint, word } from "../../shared/arbitraries";
import { loadFixture } from "../../shared/fixture";
import { libraryFixture } from "../../shared/libraryFixture";
import { propertyRuns } from "../../shared/propertyRuns";

/** Returns what a contract answers; undefined when it reverts. */
async function unlessReverted<T>(call: Promise<T>): Promise<T | undefined> {
  return call.catch((error: unknown) => {
    if (String(error).includes("revert")) return undefined;
    throw error;
  });
}

/** Zero more often than by chance: what is unused must be zero. */
const mostlyZero = (length: number): fc.Arbitrary<string> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(toBeHex(0, length)) }, exactly(length));

describe("The data of a transfer", () => {
  const data = fc.oneof(
    { weight: 4, arbitrary: exactly(31).map((rest) => concat(["0x01", rest])) },
    { weight: 1, arbitrary: word },
    { weight: 1, arbitrary: bytes({ maxLength: 70 }) },
  );

  it("is decoded as by the destination's pool, and refused where that refuses it", async () => {
    const { library } = await loadFixture(libraryFixture);
    let [taken, refused] = [0, 0];
    await fc.assert(
      fc.asyncProperty(data, async (encoded) => {
        const decoded = decodePoolData(encoded);
        const decimals = decoded?.decimals ?? 18;
        const answer = await unlessReverted(library.decodePoolData(encoded, decimals));
        expect(decoded && [decoded.epoch, decoded.shares]).to.deep.equal(answer && [...answer]);
        if (answer) taken += 1;
        else refused += 1;
      }),
      propertyRuns(200),
    );
    expect(Math.min(taken, refused)).to.be.greaterThan(20);
  });

  it("is decoded to what the source's pool has encoded", async () => {
    const { library } = await loadFixture(libraryFixture);
    await fc.assert(
      fc.asyncProperty(fc.nat(255), uint(32), uint(208), async (decimals, epoch, shares) => {
        const encoded = await library.encodePoolData(decimals, epoch, shares);
        expect(decodePoolData(encoded)).to.deep.equal({ decimals, epoch, shares });
      }),
      propertyRuns(100),
    );
  });
});

describe("The content of a message", () => {
  const pool = "0xa1";
  const token = (amount: bigint, extraData: string, sourcePool = pool) => ({
    ...{ amount, extraData, sourcePool },
    ...{ destinationToken: "0xb1", destinationGas: 0n },
  });
  const contentIn = (...tokens: readonly ReturnType<typeof token>[]) =>
    contentOf({ tokens } as unknown as Message, [pool]);
  const two = concat(["0x01", "0x12", toBeHex(7, 4), toBeHex(2, 26)]);

  it("is the sum of what its tokens carry from the pools, and unknown where one does not say it", () => {
    expect(contentIn(token(5n, two))).to.deep.equal({ amount: 5n, shares: 2n });
    expect(contentIn(token(5n, two), token(6n, two))).to.deep.equal({ amount: 11n, shares: 4n });
    expect(contentIn(token(5n, two), token(6n, "0x", "0xa2"))).to.include({ shares: 2n });
    for (const tokens of [
      [token(5n, two), token(6n, "0x")],
      [token(6n, "0x"), token(5n, two)],
    ]) {
      expect(contentIn(...tokens)).to.deep.equal({ amount: 11n, shares: undefined });
    }
    expect(contentIn(token(6n, two, "0xa2"))).to.equal(undefined);
  });
});

describe("The data of a broadcast", () => {
  const version = fc.oneof(fc.constantFrom("0x01", "0x02"), exactly(1));
  const data = fc.oneof(
    {
      weight: 4,
      arbitrary: fc
        .tuple(version, exactly(11), mostlyZero(7), mostlyZero(13), mostlyZero(8), exactly(24))
        .map((parts) => concat(parts)),
    },
    { weight: 1, arbitrary: bytes({ maxLength: 130 }) },
  );

  it("of version 1 and 2 is decoded as by the receiver, and refused where that refuses it", async () => {
    const { library } = await loadFixture(libraryFixture);
    const counts = { refused: 0, "1": 0, "2": 0 };
    await fc.assert(
      fc.asyncProperty(data, async (encoded) => {
        const decoded = decodeBroadcast(encoded);
        const answer = await unlessReverted(library.decodeBroadcast(encoded));
        const { epoch, effectiveAt, sentAt = 0n, current, next } = decoded ?? {};
        expect(decoded && [epoch, effectiveAt, sentAt, current, next]).to.deep.equal(
          answer && [...answer],
        );
        counts[!decoded ? "refused" : decoded.sentAt === undefined ? "1" : "2"] += 1;
      }),
      propertyRuns(300),
    );
    expect(Math.min(...Object.values(counts))).to.be.greaterThan(20);
  });

  it("is decoded to what the broadcaster has encoded", async () => {
    const { library } = await loadFixture(libraryFixture);
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          epoch: uint(32),
          current: uint(96),
          next: uint(96),
          effectiveAt: uint(56),
          sentAt: uint(56),
        }),
        async (state) => {
          const { epoch, current, next, effectiveAt, sentAt } = state;
          const encoded = await library.encodeBroadcast(epoch, current, next, effectiveAt, sentAt);
          expect(decodeBroadcast(encoded)).to.deep.equal(state);
        },
      ),
      propertyRuns(100),
    );
  });
});

describe("A proposal", () => {
  const call = fc.record({ target: address, value: uint(256), payload: bytes({ maxLength: 80 }) });
  const proposal: fc.Arbitrary<ProposalData> = fc
    .record({
      nonce: uint(64),
      validUntil: uint(64),
      calls: fc.array(call, { maxLength: 4 }),
      predecessor: fc.oneof(fc.constant(ZeroHash), word),
      salt: word,
      delay: uint(256),
    })
    .map(({ nonce, validUntil, calls, ...rest }) => ({
      nonce,
      validUntil,
      batch: {
        targets: calls.map(({ target }) => target),
        values: calls.map(({ value }) => value),
        payloads: calls.map(({ payload }) => payload),
        ...rest,
      },
    }));

  /** The batch as contracts take it, which change nothing of it. */
  const mutable = ({ batch }: ProposalData) => ({
    ...batch,
    targets: [...batch.targets],
    values: [...batch.values],
    payloads: [...batch.payloads],
  });

  it("is encoded as by home, and decoded as by the satellite", async () => {
    const { library } = await loadFixture(libraryFixture);
    await fc.assert(
      fc.asyncProperty(proposal, async (made) => {
        const { nonce, validUntil } = made;
        const encoded = encodeProposal(made);
        expect(await library.encodeProposal(nonce, validUntil, mutable(made))).to.equal(encoded);
        const [readNonce, readUntil, batch] = await library.decodeProposal(encoded);
        const read = {
          nonce: readNonce,
          validUntil: readUntil,
          batch: batchOf([...batch]),
        };
        expect(read).to.deep.equal(made);
        expect(decodeProposal(encoded)).to.deep.equal(made);
      }),
      propertyRuns(100),
    );
  });

  it("that was cut, or is of another version, is read only where the satellite reads the same", async () => {
    const { library } = await loadFixture(libraryFixture);
    let [taken, refused] = [0, 0];
    await fc.assert(
      fc.asyncProperty(
        proposal,
        fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
        fc.constantFrom(0, 1, 2),
        async (made, part, version) => {
          const encoded = concat([toBeHex(version, 32), dataSlice(encodeProposal(made), 32)]);
          const damaged = dataSlice(encoded, 0, Math.floor((part * (encoded.length - 2)) / 2));
          const decoded = decodeProposal(damaged);
          if (!decoded) {
            refused += 1;
            return;
          }
          const [nonce, validUntil, batch] = await library.decodeProposal(damaged);
          const read = { nonce, validUntil, batch: batchOf([...batch]) };
          expect(read).to.deep.equal(decoded);
          taken += 1;
        },
      ),
      propertyRuns(200),
    );
    expect(Math.min(taken, refused)).to.be.greaterThan(20);
  });

  it("has the id that the satellite's timelock gives the operation", async () => {
    const { library } = await loadFixture(libraryFixture);
    const [deployer] = await ethers.getSigners();
    const timelock = await new TimelockController__factory(deployer).deploy(
      60,
      [],
      [],
      ZeroAddress,
    );
    await fc.assert(
      fc.asyncProperty(proposal, async (made) => {
        const executed = executedBatch(made);
        expect(operationId(executed)).to.equal(await timelock.hashOperationBatch(...executed));
        expect(operationId(executed)).to.equal(await library.proposalId(made.nonce, mutable(made)));
      }),
      propertyRuns(100),
    );
  });
});
