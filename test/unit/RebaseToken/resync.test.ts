import { time } from "@nomicfoundation/hardhat-network-helpers";
import { loadFixture } from "../../shared/fixture";
import { expect } from "chai";

import {
  GENESIS_INDEX,
  GROWN_INDEX,
  MIN_INDEX,
  ODD_INDEX,
  SHRUNK_INDEX,
} from "../../shared/indexes";
import {
  SATELLITE_EPOCH,
  homeFixture,
  holdingsOf,
  satelliteFixture,
  scheduleIndex,
  unsyncedFixture,
} from "../../shared/tokenFixture";

describe("RebaseToken: a new generation", () => {
  it("replaces the index state by an older, the same or a newer epoch, and changes nobody's shares [K19]", async () => {
    const world = await loadFixture(satelliteFixture);
    const { token, alice, bob } = world;
    const { shares } = await holdingsOf(token, [alice, bob]);
    for (const [i, epoch] of [3n, 3n, 9n].entries()) {
      const previous = await token.epoch();
      await expect(token.resync(epoch, SHRUNK_INDEX, GROWN_INDEX, 5n))
        .to.emit(token, "Resynced")
        .withArgs(i + 1, epoch, previous)
        .and.to.emit(token, "Rebased");
      expect(await token.indexState()).to.deep.equal([epoch, SHRUNK_INDEX, GROWN_INDEX, 5n]);
      const generation = [BigInt(i + 1), BigInt(await time.latest())];
      expect(await token.generation()).to.deep.equal(generation);
      expect(await token.syncState()).to.deep.equal([
        epoch,
        SHRUNK_INDEX,
        GROWN_INDEX,
        5n,
        ...generation,
      ]);
    }
    expect((await holdingsOf(token, [alice, bob])).shares).to.deep.equal(shares);
  });

  it("lets the epoch rise again from there", async () => {
    const { token, rebaser } = await loadFixture(satelliteFixture);
    await token.resync(3n, GENESIS_INDEX, GENESIS_INDEX, 0n);
    await expect(token.connect(rebaser).sync(3n, GROWN_INDEX, GROWN_INDEX, 0n))
      .to.be.revertedWithCustomError(token, "StaleEpoch")
      .withArgs(3n, 3n);
    await token.connect(rebaser).sync(4n, GROWN_INDEX, GROWN_INDEX, 0n);
    expect(await token.epoch()).to.equal(4n);
  });

  it("has an epoch and an index within the bounds, and exists on satellites only", async () => {
    const { token } = await loadFixture(satelliteFixture);
    await expect(token.resync(0n, GENESIS_INDEX, GENESIS_INDEX, 0n))
      .to.be.revertedWithCustomError(token, "UnexpectedEpoch")
      .withArgs(0n, 1n);
    await expect(token.resync(1n, GENESIS_INDEX, MIN_INDEX - 1n, 0n)).to.be.revertedWithCustomError(
      token,
      "SharesPerTokenOutOfBounds",
    );
    const home = await loadFixture(homeFixture);
    await expect(
      home.token.resync(1n, GENESIS_INDEX, GENESIS_INDEX, 0n),
    ).to.be.revertedWithCustomError(token, "NotSatellite");
    expect(await home.token.generation()).to.deep.equal([0n, 0n]);
  });

  it("can be begun 255 times", async () => {
    const { token } = await loadFixture(satelliteFixture);
    for (let i = 0; i < 255; i++) await token.resync(1n, GENESIS_INDEX, GENESIS_INDEX, 0n);
    await expect(token.resync(1n, GENESIS_INDEX, GENESIS_INDEX, 0n)).to.be.revertedWithPanic(0x11);
  });

  it("is counted in a byte of its own: no movement and no sync changes it, and it changes nothing else", async () => {
    const world = await loadFixture(satelliteFixture);
    const { token, alice, bob, rebaser, bridge } = world;
    for (let i = 0; i < 255; i++) await token.resync(SATELLITE_EPOCH, ODD_INDEX, ODD_INDEX, 0n);
    const before = await holdingsOf(token, [alice, bob]);
    const totalShares = await token.totalShares();
    expect((await token.generation())[0]).to.equal(255n);

    await token.connect(bridge).bridgeMint(alice, 10n ** 24n);
    await token.connect(alice).transferShares(bob, 7n);
    await token.connect(rebaser).sync(2n ** 32n - 1n, GROWN_INDEX, GROWN_INDEX, 0n);
    expect((await token.generation())[0]).to.equal(255n);
    expect(await token.epoch()).to.equal(2n ** 32n - 1n);
    expect(await token.isHome()).to.equal(false);
    expect(await token.totalShares()).to.equal(totalShares + 10n ** 24n);
    const [shareOfAlice = 0n, shareOfBob = 0n] = before.shares;
    expect((await holdingsOf(token, [alice, bob])).shares).to.deep.equal([
      shareOfAlice + 10n ** 24n - 7n,
      shareOfBob + 7n,
    ]);
  });
});

describe("RebaseToken: the counting epoch", () => {
  it("is the epoch once it is effective, and the one before while it is pending [K7]", async () => {
    const world = await loadFixture(satelliteFixture);
    const { token } = world;
    expect(await token.countingState()).to.deep.equal([SATELLITE_EPOCH, ODD_INDEX]);
    const effectiveAt = await scheduleIndex(world, GROWN_INDEX);
    await time.increaseTo(effectiveAt - 1n);
    expect(await token.countingState()).to.deep.equal([SATELLITE_EPOCH, ODD_INDEX]);
    await time.increaseTo(effectiveAt);
    expect(await token.countingState()).to.deep.equal([SATELLITE_EPOCH + 1n, GROWN_INDEX]);
  });

  it("differs between generations", async () => {
    const { token } = await loadFixture(satelliteFixture);
    await token.resync(SATELLITE_EPOCH, ODD_INDEX, ODD_INDEX, 0n);
    expect(await token.countingState()).to.deep.equal([(1n << 32n) | SATELLITE_EPOCH, ODD_INDEX]);
  });

  it("is zero, without an index, while the token is unsynced", async () => {
    const { token } = await loadFixture(unsyncedFixture);
    expect(await token.countingState()).to.deep.equal([0n, 0n]);
  });
});
