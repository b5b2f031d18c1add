import { time } from "@nomicfoundation/hardhat-network-helpers";
import { loadFixture } from "../../shared/fixture";
import { expect } from "chai";
import { MaxUint256, parseEther } from "ethers";

import {
  LendingMarketOfTests__factory,
  RebaseRateFeed__factory,
  WrappedRebaseToken__factory,
} from "../../../typechain-types";
import type { RebaseToken, WrappedRebaseToken } from "../../../typechain-types";
import { deployRebaseToken } from "../../shared/deployRebaseToken";
import { GENESIS_INDEX, GROWN_INDEX, SHRUNK_INDEX, ceilDiv } from "../../shared/indexes";
import { HOME_SELECTOR, abiEncodedAddress, receiverFixture } from "../../shared/receiverFixture";
import { ROLES, homeFixture, rebaseNow, scheduleIndex } from "../../shared/tokenFixture";
import type { TokenWorld } from "../../shared/tokenFixture";
import { deployUniswapV2Pair } from "../../shared/uniswapV2";
import type { UniswapV2Pair } from "../../shared/uniswapV2";

const RESERVE = parseEther("500");

interface PoolWorld extends TokenWorld {
  readonly wrapper: WrappedRebaseToken;
  /** A token without rebases. */
  readonly other: RebaseToken;
  readonly pair: UniswapV2Pair;
}

/** A Uniswap V2 pair of 500 wrapped units and 500 of another token; Alice is the only provider. */
async function wrappedPairFixture(): Promise<PoolWorld> {
  const world = await homeFixture();
  const { admin, issuer, token, alice, bob } = world;
  const wrapper = await new WrappedRebaseToken__factory(admin).deploy(token, "Wrapped", "wRBT");
  for (const holder of [alice, bob]) {
    await token.connect(holder).approve(wrapper, MaxUint256);
    await wrapper.connect(holder).wrapShares(parseEther("500"), holder);
  }
  const other = await deployRebaseToken(admin, { isHome: true });
  await other.grantRole(ROLES.issuer, issuer);
  const pair = await deployUniswapV2Pair(admin, wrapper, other);
  await wrapper.connect(alice).transfer(pair.address, RESERVE);
  await other.connect(issuer).mint(pair.address, RESERVE);
  await pair.mint(alice.address);
  return { ...world, wrapper, other, pair };
}

describe("A Uniswap V2 pair of the wrapped token", () => {
  it("has nothing to skim or to sync through three rebases, and its growth is the providers' [B13]", async () => {
    const world = await loadFixture(wrappedPairFixture);
    const { pair, wrapper, carol, other } = world;
    for (const index of [GROWN_INDEX, SHRUNK_INDEX, GROWN_INDEX - 12_345n]) {
      await rebaseNow(world, index);
      await pair.contract.getFunction("skim").send(carol.address);
      expect(await wrapper.balanceOf(carol)).to.equal(0n);
      expect(await other.balanceOf(carol)).to.equal(0n);
      expect(await pair.reserves()).to.deep.equal([RESERVE, RESERVE]);
      expect(await wrapper.balanceOf(pair.address)).to.equal(RESERVE);
      expect(await wrapper.convertToAssets(RESERVE)).to.equal((RESERVE * GENESIS_INDEX) / index);
    }
  });

  it("pays a swap by its constant product, at any index", async () => {
    const world = await loadFixture(wrappedPairFixture);
    const { pair, wrapper, bob, other } = world;
    await rebaseNow(world, GROWN_INDEX);
    const paid = parseEther("10");
    const bought = RESERVE - ceilDiv(RESERVE * RESERVE * 1_000n, RESERVE * 1_000n + paid * 997n);
    await wrapper.connect(bob).transfer(pair.address, paid);
    await expect(pair.swap(0n, bought + 1n, bob.address)).to.be.reverted;
    await pair.swap(0n, bought, bob.address);
    expect(await other.balanceOf(bob)).to.equal(bought);
  });

  it("pays nobody who buys before a rebase counts and sells when it does: only the fees are lost [E6]", async () => {
    const world = await loadFixture(wrappedPairFixture);
    const { pair, wrapper, token, issuer, bob, other } = world;
    const paid = parseEther("50");
    await other.connect(issuer).mint(bob, paid);
    const wrappedBefore = await wrapper.balanceOf(bob);
    const effectiveAt = await scheduleIndex(world, GROWN_INDEX);

    const bought = boughtFor(paid, RESERVE, RESERVE);
    await other.connect(bob).transfer(pair.address, paid);
    await pair.swap(bought, 0n, bob.address);
    await time.increaseTo(effectiveAt);
    expect(await token.sharesPerToken()).to.equal(GROWN_INDEX);

    const back = boughtFor(bought, RESERVE - bought, RESERVE + paid);
    await wrapper.connect(bob).transfer(pair.address, bought);
    await expect(pair.swap(0n, back + 1n, bob.address)).to.be.reverted;
    await pair.swap(0n, back, bob.address);
    expect(await wrapper.balanceOf(bob)).to.equal(wrappedBefore);
    expect(await other.balanceOf(bob)).to.equal(back);
    expect(paid - back).to.be.above((paid * 5n) / 1_000n);
  });
});

/** The most that a pair pays for an amount, by its constant product and its fee of 0.3 %. */
function boughtFor(paid: bigint, reserve: bigint, reserveOfBought: bigint): bigint {
  return (
    reserveOfBought - ceilDiv(reserve * reserveOfBought * 1_000n, reserve * 1_000n + paid * 997n)
  );
}

describe("A lending market that prices wrapped units by the rate feed", () => {
  /** A satellite with a market; Alice has supplied 100 wrapped units. */
  async function marketFixture() {
    const world = await receiverFixture();
    const { owner, token, receiver, codec, router, broadcaster, thirdParty: alice } = world;
    const deliver = async (epoch: bigint, index: bigint, delay = 0n) => {
      const now = BigInt(await time.latest());
      const current = epoch === 1n ? index : await token.sharesPerToken();
      await receiver.connect(router).ccipReceive({
        messageId: `0x${"11".repeat(32)}`,
        sourceChainSelector: HOME_SELECTOR,
        sender: abiEncodedAddress(broadcaster.address),
        data: await codec.encodeBroadcast(epoch, current, index, now + delay, now),
        destTokenAmounts: [],
      });
    };
    await deliver(1n, GENESIS_INDEX);
    const wrapper = await new WrappedRebaseToken__factory(owner).deploy(token, "Wrapped", "wRBT");
    const feed = await new RebaseRateFeed__factory(owner).deploy(token, receiver);
    const dollar = await deployRebaseToken(owner, { isHome: true });
    const market = await new LendingMarketOfTests__factory(owner).deploy(wrapper, dollar, feed);
    await dollar.grantRole(ROLES.issuer, owner);
    for (const account of [await market.getAddress(), owner.address]) {
      await dollar.mint(account, parseEther("1000"));
    }
    await dollar.approve(market, MaxUint256);
    await token.grantRole(ROLES.bridge, owner);
    await token.bridgeMint(alice, parseEther("100") * GENESIS_INDEX);
    await token.connect(alice).approve(wrapper, MaxUint256);
    await wrapper.connect(alice).wrapShares(parseEther("100"), alice);
    await wrapper.connect(alice).approve(market, MaxUint256);
    await market.connect(alice).supply(parseEther("100"));
    return { market, feed, token, wrapper, alice, owner, deliver };
  }

  it("lends more after a gain, not before it counts, and liquidates after a loss", async () => {
    const { market, alice, deliver } = await loadFixture(marketFixture);
    expect(await market.limitOf(alice)).to.equal(parseEther("80"));
    await deliver(2n, GROWN_INDEX, 3_600n);
    expect(await market.limitOf(alice)).to.equal(parseEther("80"));
    await time.increase(3_600);
    const grown = await market.limitOf(alice);
    expect(grown).to.be.within(parseEther("83.99"), parseEther("84"));
    await market.connect(alice).borrow(grown);
    await expect(market.liquidate(alice)).to.be.revertedWithCustomError(market, "Healthy");
    await deliver(3n, SHRUNK_INDEX);
    await market.liquidate(alice);
    expect(await market.debtOf(alice)).to.equal(0n);
  });

  it("refuses a rate that home has not confirmed for a day, though the satellite flipped a moment ago", async () => {
    const { market, alice, deliver, feed } = await loadFixture(marketFixture);
    await deliver(2n, GROWN_INDEX, 86_400n);
    const { updatedAt } = await feed.latestRoundData();
    await time.increase(86_460);
    const flipped = await feed.latestRoundData();
    expect([flipped.roundId, flipped.updatedAt]).to.deep.equal([2n, updatedAt]);
    await expect(market.connect(alice).borrow(1n))
      .to.be.revertedWithCustomError(market, "StaleRate")
      .withArgs(updatedAt, 86_400n);
  });

  it("is not moved by a donation to the wrapper", async () => {
    const { market, alice, token, wrapper, owner } = await loadFixture(marketFixture);
    await token.bridgeMint(owner, parseEther("1000") * GENESIS_INDEX);
    await token.connect(owner).transfer(wrapper, parseEther("1000"));
    expect(await market.limitOf(alice)).to.equal(parseEther("80"));
  });
});
