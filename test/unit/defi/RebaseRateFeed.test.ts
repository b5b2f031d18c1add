import { time } from "@nomicfoundation/hardhat-network-helpers";
import { deployRebaseToken } from "../../shared/deployRebaseToken";
import { loadFixture } from "../../shared/fixture";
import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { RebaseRateFeed__factory, RebaseReceiver__factory } from "../../../typechain-types";
import type { RebaseRateFeed, RebaseReceiver } from "../../../typechain-types";
import { GENESIS_INDEX, GROWN_INDEX } from "../../shared/indexes";
import { HOME_SELECTOR, abiEncodedAddress, receiverFixture } from "../../shared/receiverFixture";
import type { ReceiverWorld } from "../../shared/receiverFixture";
import { genesisFixture, rebaseNow, scheduleIndex } from "../../shared/tokenFixture";
import type { TokenWorld } from "../../shared/tokenFixture";

const growth = (index: bigint): bigint => (GENESIS_INDEX * 10n ** 18n) / index;

interface HomeWorld extends TokenWorld {
  readonly feed: RebaseRateFeed;
}

async function homeFeedFixture(): Promise<HomeWorld> {
  const world = await genesisFixture();
  const feed = await new RebaseRateFeed__factory(world.admin).deploy(world.token, ZeroAddress);
  return { ...world, feed };
}

interface SatelliteWorld extends ReceiverWorld {
  readonly feed: RebaseRateFeed;
}

async function satelliteFeedFixture(): Promise<SatelliteWorld> {
  const world = await receiverFixture();
  const { owner, token, receiver } = world;
  return { ...world, feed: await new RebaseRateFeed__factory(owner).deploy(token, receiver) };
}

/** Delivers home's state as it was sent at a time. */
async function deliver(
  { receiver, codec, router, broadcaster }: ReceiverWorld,
  state: readonly [epoch: bigint, current: bigint, next: bigint, effectiveAt: bigint],
  sentAt: bigint,
): Promise<void> {
  await receiver.connect(router).ccipReceive({
    messageId: `0x${"11".repeat(32)}`,
    sourceChainSelector: HOME_SELECTOR,
    sender: abiEncodedAddress(broadcaster.address),
    data: await codec.encodeBroadcast(...state, sentAt),
    destTokenAmounts: [],
  });
}

describe("RebaseRateFeed", () => {
  it("is an aggregator of the growth index with 18 decimals", async () => {
    const { feed } = await loadFixture(homeFeedFixture);
    expect(await feed.decimals()).to.equal(18n);
    expect(await feed.description()).to.equal("Growth index");
    expect(await feed.version()).to.equal(1n);
  });

  it("names its token, and the receiver on a satellite alone", async () => {
    const { feed: atHome, token: home } = await loadFixture(homeFeedFixture);
    expect(await atHome.getToken()).to.equal(await home.getAddress());
    expect(await atHome.getReceiver()).to.equal(ZeroAddress);
    const { feed, token, receiver } = await loadFixture(satelliteFeedFixture);
    expect(await feed.getToken()).to.equal(await token.getAddress());
    expect(await feed.getReceiver()).to.equal(await receiver.getAddress());
  });

  it("answers at home what counts, updated in this block", async () => {
    const world = await loadFixture(homeFeedFixture);
    const { feed } = world;
    const now = BigInt(await time.latest());
    expect(await feed.latestRoundData()).to.deep.equal([1n, 10n ** 18n, 0n, now, 1n]);
    await rebaseNow(world, GROWN_INDEX);
    const later = BigInt(await time.latest());
    expect(await feed.latestRoundData()).to.deep.equal([2n, growth(GROWN_INDEX), later, later, 2n]);
  });

  it("does not answer a pending index before its time", async () => {
    const world = await loadFixture(homeFeedFixture);
    const { feed } = world;
    const effectiveAt = await scheduleIndex(world, GROWN_INDEX);
    expect((await feed.latestRoundData()).answer).to.equal(10n ** 18n);
    await expect(feed.getRoundData(2n)).to.be.revertedWithCustomError(feed, "NoDataPresent");
    // Nobody has recorded when the index before began to count.
    await time.increaseTo(effectiveAt - 1n);
    expect((await feed.latestRoundData()).startedAt).to.equal(0n);
    await time.increaseTo(effectiveAt);
    const { roundId, answer, startedAt } = await feed.latestRoundData();
    expect([roundId, answer, startedAt]).to.deep.equal([2n, growth(GROWN_INDEX), effectiveAt]);
  });

  it("keeps of a round when it began and when it was recorded", async () => {
    const world = await loadFixture(homeFeedFixture);
    const { feed } = world;
    await rebaseNow(world, GROWN_INDEX);
    const began = BigInt(await time.latest());
    await time.increase(100);
    await feed.record();
    const recorded = BigInt(await time.latest());
    await rebaseNow(world, GENESIS_INDEX);
    expect(await feed.getRoundData(2n)).to.deep.equal([
      2n,
      growth(GROWN_INDEX),
      began,
      recorded,
      2n,
    ]);
  });

  it("keeps the rounds that were recorded, by anyone or as a listener, and no others", async () => {
    const world = await loadFixture(homeFeedFixture);
    const { feed, carol } = world;
    await feed.connect(carol).record();
    await rebaseNow(world, GROWN_INDEX);
    await expect(feed.connect(carol).onRebase(99n, 1n, 1n))
      .to.emit(feed, "RoundRecorded")
      .withArgs(growth(GROWN_INDEX), 2n, await time.latest());
    await expect(feed.record()).not.to.emit(feed, "RoundRecorded");
    await rebaseNow(world, GENESIS_INDEX);
    await rebaseNow(world, GROWN_INDEX);
    for (const [roundId, index] of [
      [1n, GENESIS_INDEX],
      [2n, GROWN_INDEX],
      [4n, GROWN_INDEX],
    ] as const) {
      const data = await feed.getRoundData(roundId);
      expect([data.roundId_, data.answer]).to.deep.equal([roundId, growth(index)]);
    }
    for (const unknown of [0n, 3n, 5n, 2n ** 80n - 1n]) {
      await expect(feed.getRoundData(unknown))
        .to.be.revertedWithCustomError(feed, "NoDataPresent")
        .withArgs(unknown);
    }
  });

  it("answers on a satellite when home last confirmed, also after a flip whose cancellation was lost [K6]", async () => {
    const world = await loadFixture(satelliteFeedFixture);
    const { feed } = world;
    const sentAt = BigInt(await time.latest());
    const effectiveAt = sentAt + 3_600n;
    await deliver(world, [7n, GENESIS_INDEX, GROWN_INDEX, effectiveAt], sentAt);
    expect(await feed.latestRoundData()).to.deep.equal([6n, 10n ** 18n, 0n, sentAt, 6n]);
    await time.increaseTo(effectiveAt + 86_400n);
    // Home has cancelled it, and the message is lost.
    expect(await feed.latestRoundData()).to.deep.equal([
      7n,
      growth(GROWN_INDEX),
      effectiveAt,
      sentAt,
      7n,
    ]);
  });

  it("is not freshened by a message that is held back", async () => {
    const world = await loadFixture(satelliteFeedFixture);
    const { feed, receiver } = world;
    const sentAt = BigInt(await time.latest());
    await deliver(world, [7n, GENESIS_INDEX, GENESIS_INDEX, 0n], sentAt);
    await receiver.setBand({
      maxGrowth: 10_000,
      maxLoss: 0,
      minInterval: 86_400,
      maxSteps: 1,
      maxStepsByHand: 1,
    });
    await time.increase(1_000);
    await deliver(world, [8n, GROWN_INDEX, GROWN_INDEX, 0n], BigInt(await time.latest()));
    const { answer, updatedAt } = await feed.latestRoundData();
    expect([answer, updatedAt]).to.deep.equal([10n ** 18n, sentAt]);
  });

  it("corrects a round whose rebase home had replaced before it counted here", async () => {
    const world = await loadFixture(satelliteFeedFixture);
    const { feed } = world;
    const now = BigInt(await time.latest());
    await deliver(world, [5n, GENESIS_INDEX, GENESIS_INDEX, 0n], now);
    await deliver(world, [6n, GENESIS_INDEX, GROWN_INDEX, now + 600n], now);
    await time.increaseTo(now + 600n);
    await feed.record();
    expect((await feed.getRoundData(6n)).answer).to.equal(growth(GROWN_INDEX));
    await deliver(world, [7n, GENESIS_INDEX, GENESIS_INDEX, now + 7_200n], now + 60n);
    expect((await feed.latestRoundData()).slice(0, 3)).to.deep.equal([6n, 10n ** 18n, 0n]);
    await feed.record();
    await time.increaseTo(now + 7_200n);
    expect((await feed.getRoundData(6n)).answer).to.equal(10n ** 18n);
  });

  it("counts rounds of a new generation apart", async () => {
    const world = await loadFixture(satelliteFeedFixture);
    const { feed, token } = world;
    await deliver(world, [7n, GENESIS_INDEX, GENESIS_INDEX, 0n], 1n);
    await token.resync(7n, GROWN_INDEX, GROWN_INDEX, 0n);
    expect((await feed.latestRoundData()).roundId).to.equal((1n << 32n) | 7n);
  });

  it("reverts while the token is unsynced", async () => {
    const { feed, token } = await loadFixture(satelliteFeedFixture);
    await expect(feed.latestRoundData()).to.be.revertedWithCustomError(token, "Unsynced");
    await expect(feed.record()).to.be.revertedWithCustomError(token, "Unsynced");
  });

  it("is deployed with the receiver of its own satellite, and without one at home", async () => {
    const satellite = await loadFixture(satelliteFeedFixture);
    const home = { token: await deployRebaseToken(satellite.owner, { isHome: true }) };
    const factory = new RebaseRateFeed__factory(satellite.owner);
    const { feed } = satellite;
    for (const [token, receiver] of [
      [satellite.token, ZeroAddress],
      [home.token, satellite.receiver],
    ] as const) {
      await expect(factory.deploy(token, receiver)).to.be.revertedWithCustomError(
        feed,
        "ReceiverMismatch",
      );
    }
    const other: RebaseReceiver = await new RebaseReceiver__factory(satellite.owner).deploy(
      satellite.router,
      (await receiverFixture()).token,
      satellite.owner,
    );
    await expect(factory.deploy(satellite.token, other))
      .to.be.revertedWithCustomError(feed, "ReceiverOfAnotherToken")
      .withArgs(await other.getAddress());
  });
});
