import { expect } from "chai";

import { loadFixture } from "../../shared/fixture";
import { GROWN_INDEX, MAX_EFFECTIVE_AT, ODD_INDEX } from "../../shared/indexes";
import {
  SATELLITE_EPOCH,
  holdingsOf,
  homeFixture,
  rebaseNow,
  satelliteFixture,
  sendAbroad,
  unsyncedFixture,
} from "../../shared/tokenFixture";
import type { TokenWorld } from "../../shared/tokenFixture";

type Movement = (world: TokenWorld, value: bigint) => Promise<unknown>;

const MOVEMENTS: Readonly<Record<string, Movement>> = {
  transfer: ({ token, alice, bob }, value) => token.connect(alice).transfer(bob, value),
  transferFrom: ({ token, alice, bob }, value) =>
    token.connect(bob).transferFrom(alice, bob, value),
  transferShares: ({ token, alice, bob }, value) => token.connect(alice).transferShares(bob, value),
  bridgeMint: ({ token, bridge, bob }, value) => token.connect(bridge).bridgeMint(bob, value),
  bridgeBurn: ({ token, bridge }, value) => token.connect(bridge).bridgeBurn(value),
  recoverShares: ({ token, admin, bridge, bob }, value) =>
    token.connect(admin).recoverShares(bridge, bob, value),
};

const ISSUING: Readonly<Record<string, Movement>> = {
  mint: ({ token, issuer, bob }, value) => token.connect(issuer).mint(bob, value),
  burn: ({ token, issuer, alice }, value) => token.connect(issuer).burn(alice, value),
};

/** Every movement of one unit or one share could go through. */
async function readyToMove(world: TokenWorld): Promise<TokenWorld> {
  const { token, alice, bob, bridge, issuer } = world;
  await token.connect(alice).approve(bob, 10n);
  await token.connect(alice).approve(issuer, 10n);
  await token.connect(alice).transfer(bridge, 10n);
  return world;
}

async function readyHomeFixture(): Promise<TokenWorld> {
  const world = await loadFixture(homeFixture);
  await sendAbroad(world, world.alice, 10n);
  return readyToMove(world);
}

async function readySatelliteFixture(): Promise<TokenWorld> {
  return readyToMove(await loadFixture(satelliteFixture));
}

describe("RebaseToken: pause", () => {
  it("is off at first", async () => {
    const { token } = await loadFixture(homeFixture);
    expect(await token.paused()).to.equal(false);
  });

  it("emits an event with the account, on and off", async () => {
    const { token, guardian, unpauser } = await loadFixture(homeFixture);
    await expect(token.connect(guardian).pause())
      .to.emit(token, "Paused")
      .withArgs(guardian.address);
    expect(await token.paused()).to.equal(true);
    await expect(token.connect(unpauser).unpause())
      .to.emit(token, "Unpaused")
      .withArgs(unpauser.address);
    expect(await token.paused()).to.equal(false);
  });

  it("is neither started nor ended twice", async () => {
    const { token, guardian, unpauser } = await loadFixture(homeFixture);
    await expect(token.connect(unpauser).unpause()).to.be.revertedWithCustomError(
      token,
      "ExpectedPause",
    );
    await token.connect(guardian).pause();
    await expect(token.connect(guardian).pause()).to.be.revertedWithCustomError(
      token,
      "EnforcedPause",
    );
  });

  for (const [where, fixture, movements] of [
    ["at home", readyHomeFixture, { ...MOVEMENTS, ...ISSUING }],
    ["on a satellite", readySatelliteFixture, MOVEMENTS],
  ] as const) {
    for (const [title, move] of Object.entries<Movement>(movements)) {
      it(`stops ${title} ${where}, also of nothing, until it ends`, async () => {
        const world = await loadFixture(fixture);
        const { token, guardian, unpauser } = world;
        await token.connect(guardian).pause();
        for (const value of [0n, 1n]) {
          await expect(move(world, value)).to.be.revertedWithCustomError(token, "EnforcedPause");
        }
        await token.connect(unpauser).unpause();
        await expect(move(world, 1n)).not.to.be.reverted;
      });
    }
  }

  it("does not stop a rebase at home [E11]", async () => {
    const world = await loadFixture(homeFixture);
    const { token, guardian } = world;
    await token.connect(guardian).pause();
    await rebaseNow(world, GROWN_INDEX);
    expect(await token.sharesPerToken()).to.equal(GROWN_INDEX);
    expect(await token.paused()).to.equal(true);
  });

  it("does not stop a sync on a satellite, not even the first [E11]", async () => {
    const { token, guardian, rebaser } = await loadFixture(unsyncedFixture);
    await token.connect(guardian).pause();
    for (const [epoch, next] of [
      [1, ODD_INDEX],
      [2, GROWN_INDEX],
    ] as const) {
      await token.connect(rebaser).sync(epoch, next, next, MAX_EFFECTIVE_AT);
      expect(await token.sharesPerToken()).to.equal(next);
      expect(await token.paused()).to.equal(true);
    }
  });

  it("stops no reading: balances, supply and values stay", async () => {
    const { token, guardian, alice, bob } = await loadFixture(satelliteFixture);
    const before = await holdingsOf(token, [alice, bob]);
    await token.connect(guardian).pause();
    expect(await holdingsOf(token, [alice, bob])).to.deep.equal(before);
    expect(await token.toShares(3n)).to.equal(3n * ODD_INDEX);
    expect(await token.toTokens(3n * ODD_INDEX)).to.equal(3n);
    expect((await token.previewBridgeMint(alice, ODD_INDEX)).amount).to.equal(1n);
  });

  it("stops no approval, which moves nothing", async () => {
    const { token, guardian, alice, bob } = await loadFixture(homeFixture);
    await token.connect(guardian).pause();
    await token.connect(alice).approve(bob, 5n);
    expect(await token.allowance(alice, bob)).to.equal(5n);
  });

  it("leaves the index state as it is, on and off", async () => {
    const { token, guardian, unpauser, rebaser } = await loadFixture(satelliteFixture);
    await token
      .connect(rebaser)
      .sync(SATELLITE_EPOCH + 1n, ODD_INDEX, GROWN_INDEX, MAX_EFFECTIVE_AT);
    const before = await token.indexState();
    await token.connect(guardian).pause();
    expect(await token.indexState()).to.deep.equal(before);
    await token.connect(unpauser).unpause();
    expect(await token.indexState()).to.deep.equal(before);
  });
});
