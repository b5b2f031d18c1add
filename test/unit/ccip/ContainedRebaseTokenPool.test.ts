import { IS_INSTRUMENTED, loadFixture } from "../../shared/fixture";
import { expect } from "chai";
import { MaxUint256, parseEther, zeroPadValue } from "ethers";

import {
  ContainedRebaseTokenPool__factory,
  RebaseTokenPool__factory,
  ThreeCallProbe__factory,
} from "../../../typechain-types";
import type { ContainedRebaseTokenPool } from "../../../typechain-types";
import { gasOfCalls } from "../../shared/callTrace";
import { GENESIS_INDEX } from "../../shared/indexes";
import {
  FOREIGN_SELECTOR,
  OTHER,
  REMOTE,
  UNLIMITED,
  containedPoolFixture,
  lockOrBurnInput,
  poolData,
  poolV1,
  receiveShares,
  releaseOrMintInput,
  satellitePoolFixture,
  sendOut,
  warmBeforeThePool,
} from "../../shared/poolFixture";
import { ROLES } from "../../shared/tokenFixture";

const TEN = parseEther("10") * GENESIS_INDEX;

describe("ContainedRebaseTokenPool", () => {
  it("mints over a contained lane no more than left over it, to the share", async () => {
    const world = await loadFixture(containedPoolFixture);
    const { contained } = world;
    await expect(contained.contain(REMOTE.selector, 0))
      .to.emit(contained, "ContainmentSet")
      .withArgs(REMOTE.selector, true, 0);
    await sendOut(world, parseEther("10"));
    expect(await contained.getContainment(REMOTE.selector)).to.deep.equal([true, TEN]);

    await expect(receiveShares(world, TEN + 1n))
      .to.be.revertedWithCustomError(contained, "SharesExceedLane")
      .withArgs(REMOTE.selector, TEN + 1n, TEN);
    await receiveShares(world, TEN - 7n);
    expect((await contained.getContainment(REMOTE.selector)).outstanding).to.equal(7n);
    await receiveShares(world, 7n);
    await expect(receiveShares(world, 1n))
      .to.be.revertedWithCustomError(contained, "SharesExceedLane")
      .withArgs(REMOTE.selector, 1n, 0n);
  });

  it("keeps a forged satellite from what went to another one", async () => {
    const world = await loadFixture(containedPoolFixture);
    const { contained, pool, holder, token, otherOnRamp } = world;
    for (const { selector } of [REMOTE, OTHER]) await contained.contain(selector, 0);
    await token.connect(holder).transfer(pool, parseEther("10"));
    await poolV1(pool, otherOnRamp).lockOrBurn(
      await lockOrBurnInput(world, {
        amount: parseEther("10"),
        remoteChainSelector: OTHER.selector,
      }),
    );
    // Home's own bound would let it pass: so much is outstanding.
    expect((await token.issuedShares()) - (await token.totalShares())).to.equal(TEN);
    await expect(receiveShares(world, 1n))
      .to.be.revertedWithCustomError(contained, "SharesExceedLane")
      .withArgs(REMOTE.selector, 1n, 0n);
  });

  it("counts nothing and bounds nothing over other lanes", async () => {
    const world = await loadFixture(containedPoolFixture);
    const { contained } = world;
    await contained.contain(OTHER.selector, 5n);
    await sendOut(world, parseEther("10"));
    expect(await contained.getContainment(REMOTE.selector)).to.deep.equal([false, 0n]);
    await receiveShares(world, TEN);
    expect(await contained.getContainment(OTHER.selector)).to.deep.equal([true, 5n]);
  });

  it("begins with an audited figure, and ends when the owner says so", async () => {
    const world = await loadFixture(containedPoolFixture);
    const { contained } = world;
    await sendOut(world, parseEther("10"));
    await contained.contain(REMOTE.selector, TEN);
    await expect(contained.contain(REMOTE.selector, 0))
      .to.be.revertedWithCustomError(contained, "LaneContained")
      .withArgs(REMOTE.selector);
    await receiveShares(world, TEN / 2n);
    await expect(contained.release(REMOTE.selector))
      .to.emit(contained, "ContainmentSet")
      .withArgs(REMOTE.selector, false, 0);
    expect(await contained.getContainment(REMOTE.selector)).to.deep.equal([false, 0n]);
    await receiveShares(world, TEN / 2n);
    await expect(contained.contain(FOREIGN_SELECTOR, 0))
      .to.be.revertedWithCustomError(contained, "NonExistentChain")
      .withArgs(FOREIGN_SELECTOR);
  });

  it("fails rather than wrap when the owner's figure leaves no room", async () => {
    const world = await loadFixture(containedPoolFixture);
    await world.contained.contain(REMOTE.selector, MaxUint256 / 2n);
    await expect(sendOut(world, 1n)).to.be.revertedWithPanic(0x11);
  });

  it("takes the counts over from the pool that it replaces, so that everything can come home [K12]", async () => {
    const world = await loadFixture(containedPoolFixture);
    const { contained, admin, token, rmnProxy, router, thirdParty } = world;
    await contained.contain(REMOTE.selector, 0);
    await contained.contain(OTHER.selector, 7);
    await sendOut(world, parseEther("10"));

    const next: ContainedRebaseTokenPool = await new ContainedRebaseTokenPool__factory(
      admin,
    ).deploy(token, rmnProxy, router);
    await next.applyChainUpdates(
      [],
      [REMOTE, OTHER].map(({ selector, pool, token: remote }) => ({
        remoteChainSelector: selector,
        remotePoolAddresses: [zeroPadValue(pool, 32)],
        remoteTokenAddress: zeroPadValue(remote, 32),
        outboundRateLimiterConfig: UNLIMITED,
        inboundRateLimiterConfig: UNLIMITED,
      })),
    );
    await token.grantRole(ROLES.bridge, next);
    const selectors = [REMOTE.selector, FOREIGN_SELECTOR, OTHER.selector];
    await expect(next.connect(thirdParty).adopt(contained, selectors)).to.be.reverted;
    await expect(next.adopt(next, selectors)).to.be.revertedWithCustomError(next, "SamePool");
    await expect(next.adopt(contained, selectors))
      .to.emit(next, "ContainmentSet")
      .withArgs(REMOTE.selector, true, TEN);
    expect(await next.getContainment(FOREIGN_SELECTOR)).to.deep.equal([false, 0n]);
    expect(await next.getContainment(OTHER.selector)).to.deep.equal([true, 7n]);
    await expect(next.adopt(contained, selectors)).to.be.revertedWithCustomError(
      next,
      "LaneContained",
    );

    const pool = RebaseTokenPool__factory.connect(await next.getAddress(), admin);
    const replaced = { ...world, pool };
    await receiveShares(replaced, TEN);
    expect(await next.getContainment(REMOTE.selector)).to.deep.equal([true, 0n]);
  });

  it("is for home alone, and its lanes are for the owner alone", async () => {
    const satellite = await loadFixture(satellitePoolFixture);
    const { admin, token, rmnProxy, router } = satellite;
    const factory = new ContainedRebaseTokenPool__factory(admin);
    await expect(factory.deploy(token, rmnProxy, router)).to.be.revertedWithCustomError(
      factory,
      "NotHomePool",
    );
    const { contained, thirdParty, rateLimitAdmin } = await loadFixture(containedPoolFixture);
    for (const caller of [thirdParty, rateLimitAdmin]) {
      const pool = contained.connect(caller);
      await expect(pool.contain(REMOTE.selector, 0)).to.be.revertedWithCustomError(
        pool,
        "OnlyCallableByOwner",
      );
      await expect(pool.release(REMOTE.selector)).to.be.revertedWithCustomError(
        pool,
        "OnlyCallableByOwner",
      );
    }
  });

  it("stays within 86,000 gas for the three calls of CCIP 1.6, all cold [C12, I28]", async () => {
    const world = await loadFixture(containedPoolFixture);
    const { contained, admin, pool, router, token } = world;
    await contained.contain(REMOTE.selector, 0);
    await sendOut(world, parseEther("10"));
    const probe = await new ThreeCallProbe__factory(admin).deploy();
    await router.getFunction("applyRampUpdates")(
      [],
      [],
      [[REMOTE.selector, await probe.getAddress()]],
    );
    const input = await releaseOrMintInput(world, {
      sourcePoolData: poolData({ shares: TEN / 2n }),
    });
    const accessList = await warmBeforeThePool(world);
    const { hash } = await probe.releaseOrMint(pool, token, input, { accessList });
    const gas = (await gasOfCalls(hash)).reduce((sum, used) => sum + used, 0);
    if (!IS_INSTRUMENTED) expect(gas).to.be.within(80_000, 86_000);
  });
});
