import path from "node:path";

import { expect } from "chai";
import { MaxUint256, ZeroAddress, parseEther } from "ethers";
import type { ContractTransactionResponse } from "ethers";

import {
  ListenerOfTests__factory,
  RebaseNotifier__factory,
  RebaseRateFeed__factory,
  WrappedRebaseToken__factory,
} from "../../../typechain-types";
import type { RebaseNotifier, RebaseRateFeed, WrappedRebaseToken } from "../../../typechain-types";
import { GasSnapshot } from "../../shared/gasSnapshot";
import { loadFixture } from "../../shared/fixture";
import { GENESIS_INDEX, GROWN_INDEX } from "../../shared/indexes";
import { homeFixture, rebaseNow } from "../../shared/tokenFixture";
import type { TokenWorld } from "../../shared/tokenFixture";

const AMOUNT = parseEther("10");

interface World extends TokenWorld {
  readonly wrapper: WrappedRebaseToken;
  readonly notifier: RebaseNotifier;
  readonly feed: RebaseRateFeed;
}

/** A home with a wrapper that Alice has used, a feed, and a notifier without listeners. */
async function fixture(): Promise<World> {
  const world = await homeFixture();
  const { admin, token, alice } = world;
  const wrapper = await new WrappedRebaseToken__factory(admin).deploy(token, "Wrapped", "W");
  await token.connect(alice).approve(wrapper, MaxUint256);
  await wrapper.connect(alice).wrapShares(AMOUNT, alice);
  const notifier = await new RebaseNotifier__factory(admin).deploy(token, admin);
  const feed = await new RebaseRateFeed__factory(admin).deploy(token, ZeroAddress);
  return { ...world, wrapper, notifier, feed };
}

interface Measurement {
  readonly title: string;
  readonly neverAbove: bigint;
  readonly measure: (world: World) => Promise<bigint>;
}

const used = async (sent: Promise<ContractTransactionResponse>): Promise<bigint> => {
  const receipt = await (await sent).wait();
  if (!receipt) throw new Error("The transaction was not mined.");
  return receipt.gasUsed;
};

const MEASUREMENTS: readonly Measurement[] = [
  ...[0, 1, 2, 3].map((count): Measurement => ({
    title: `notifier.notify, ${count} listeners that do next to nothing`,
    neverAbove: 36_000n + 48_000n * BigInt(count),
    measure: async (world) => {
      const { notifier, admin } = world;
      for (let i = 0; i < count; i++) {
        const listener = await new ListenerOfTests__factory(admin).deploy();
        await notifier.setListener(listener, 100_000n);
      }
      await rebaseNow(world, GROWN_INDEX);
      return used(notifier.notify());
    },
  })),
  {
    title: "wrapper.wrapShares",
    neverAbove: 70_000n,
    measure: ({ wrapper, alice }) => used(wrapper.connect(alice).wrapShares(AMOUNT, alice)),
  },
  {
    title: "wrapper.unwrapShares",
    neverAbove: 67_000n,
    measure: ({ wrapper, alice }) =>
      used(wrapper.connect(alice).unwrapShares(AMOUNT / 2n, alice, alice)),
  },
  {
    title: "wrapper.deposit",
    neverAbove: 78_000n,
    measure: ({ wrapper, alice }) => used(wrapper.connect(alice).deposit(AMOUNT, alice)),
  },
  {
    title: "wrapper.withdraw",
    neverAbove: 80_000n,
    measure: ({ wrapper, alice }) =>
      used(wrapper.connect(alice).withdraw(AMOUNT / 2n, alice, alice)),
  },
  {
    title: "wrapper.transfer to a holder",
    neverAbove: 38_000n,
    measure: async ({ wrapper, alice, bob }) => {
      await wrapper.connect(alice).transfer(bob, 1n);
      return used(wrapper.connect(alice).transfer(bob, 1n));
    },
  },
  {
    title: "feed.record of a new round",
    neverAbove: 67_000n,
    measure: async (world) => {
      await rebaseNow(world, GROWN_INDEX);
      return used(world.feed.record());
    },
  },
  {
    title: "feed.latestRoundData, the call and what a transaction costs",
    neverAbove: 43_000n,
    measure: ({ feed }) => feed.latestRoundData.estimateGas(),
  },
];

describe("Gas of the optional contracts", () => {
  const snapshot = new GasSnapshot(path.join(__dirname, "__snapshots__/gas.json"));
  for (const { title, neverAbove, measure } of MEASUREMENTS) {
    it(`${title}: never above ${neverAbove.toLocaleString("en")}`, async () => {
      const world = await loadFixture(fixture);
      expect(await world.token.sharesPerToken()).to.equal(GENESIS_INDEX);
      const gas = await measure(world);
      expect(gas).to.be.at.most(neverAbove);
      snapshot.check(title, gas);
    });
  }

  it("has no snapshot figure that is not measured", () => {
    const measured = MEASUREMENTS.map(({ title }) => title);
    expect(snapshot.names.filter((name) => !measured.includes(name))).to.deep.equal([]);
  });
});
