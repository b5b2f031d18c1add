import path from "node:path";

import { expect } from "chai";
import { parseEther } from "ethers";
import type { ContractTransactionResponse } from "ethers";

import { at, breakerFixture, deliver, valuesOf } from "../shared/breakerFixture";
import { loadFixture } from "../shared/fixture";
import { GasSnapshot } from "../shared/gasSnapshot";
import { GENESIS_INDEX, GROWN_INDEX } from "../shared/indexes";
import { addPair, pairFixture } from "../shared/pairFixture";
import {
  REMOTE,
  containedPoolFixture,
  lockOrBurnInput,
  poolV1,
  receiveShares,
  sendOut,
} from "../shared/poolFixture";
import { mined } from "../shared/scenario";
import { rebaseNow } from "../shared/tokenFixture";

const AMOUNT = parseEther("10");

/** Outside of the band of the fixture, inside of the steps by hand. */
const HELD = at(6n, (GENESIS_INDEX * 10n) / 11n);

interface Measurement {
  readonly title: string;
  readonly neverAbove: bigint;
  readonly measure: () => Promise<ContractTransactionResponse>;
}

/** Transactions, each as a whole. */
const MEASUREMENTS: readonly Measurement[] = [
  ...[1, 2].flatMap((count) =>
    (
      [
        ["for the first time", 125_000n, 81_000n],
        ["again", 89_000n, 43_000n],
      ] as const
    ).map(([when, one, each]): Measurement => ({
      title: `pairSyncer.onRebase, Uniswap V2 pairs synced ${when}: ${count}`,
      neverAbove: one + each * BigInt(count - 1),
      measure: async () => {
        const world = await loadFixture(pairFixture);
        for (let i = 1; i < count; i++) await addPair(world);
        await rebaseNow(world, GROWN_INDEX);
        if (when === "again") await world.syncer.onRebase(2, GENESIS_INDEX, GROWN_INDEX);
        return world.syncer.onRebase(2, GENESIS_INDEX, GROWN_INDEX);
      },
    })),
  ),
  {
    title: "containedPool.lockOrBurn over a contained lane",
    neverAbove: 102_000n,
    measure: async () => {
      const world = await containedLane();
      const { token, holder, pool, onRamp } = world;
      await token.connect(holder).transfer(pool, AMOUNT);
      const input = await lockOrBurnInput(world, { amount: AMOUNT });
      return poolV1(pool, onRamp).lockOrBurn(input);
    },
  },
  {
    title: "containedPool.releaseOrMint over a contained lane, receiver holds already",
    neverAbove: 109_000n,
    measure: async () => {
      const world = await containedLane();
      await receiveShares(world, GENESIS_INDEX);
      return receiveShares(world, GENESIS_INDEX);
    },
  },
  {
    title: "containedPool.releaseOrMint over a contained lane, receiver new",
    neverAbove: 128_000n,
    measure: async () => receiveShares(await containedLane(), GENESIS_INDEX),
  },
  {
    title: "receiver.accept, by the unpauser",
    neverAbove: 79_000n,
    measure: async () => {
      const { receiver, thirdParty: unpauser } = await heldBack();
      return receiver.connect(unpauser).accept(...valuesOf(HELD));
    },
  },
  {
    title: "receiver.accept, by the owner",
    neverAbove: 70_000n,
    measure: async () => (await heldBack()).receiver.accept(...valuesOf(HELD)),
  },
  {
    title: "receiver.reject, by the guardian",
    neverAbove: 59_000n,
    measure: async () => {
      const { receiver, broadcaster: guardian } = await heldBack();
      return receiver.connect(guardian).reject(...valuesOf(HELD));
    },
  },
];

describe("Gas of calls to the optional contracts", () => {
  const snapshot = new GasSnapshot(path.join(__dirname, "__snapshots__/optional-gas.json"));
  for (const { title, neverAbove, measure } of MEASUREMENTS) {
    it(`${title}: never above ${neverAbove.toLocaleString("en")}`, async () => {
      const { gasUsed } = await mined(measure());
      snapshot.check(title, gasUsed);
      expect(gasUsed).to.be.at.most(neverAbove);
    });
  }

  it("has no snapshot figure that is not measured", () => {
    const measured = MEASUREMENTS.map(({ title }) => title);
    expect(snapshot.names.filter((name) => !measured.includes(name))).to.deep.equal([]);
  });
});

/** A contained lane over which more has left than arrives again. */
async function containedLane() {
  const world = await loadFixture(containedPoolFixture);
  await world.contained.contain(REMOTE.selector, 0);
  await sendOut(world, AMOUNT);
  return world;
}

/** A receiver that holds {@link HELD} back. */
async function heldBack() {
  const world = await loadFixture(breakerFixture);
  await deliver(world, HELD);
  expect((await world.receiver.getQuarantined()).epoch).to.equal(HELD.epoch);
  return world;
}
