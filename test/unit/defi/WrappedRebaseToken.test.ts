import { time } from "@nomicfoundation/hardhat-network-helpers";
import { loadFixture } from "../../shared/fixture";
import { expect } from "chai";
import { MaxUint256, parseEther } from "ethers";
import fc from "fast-check";
import { ethers } from "hardhat";

import {
  ERC20Permit__factory,
  ERC20__factory,
  ERC4626__factory,
  WrappedRebaseToken__factory,
} from "../../../typechain-types";
import type { WrappedRebaseToken } from "../../../typechain-types";
import { shouldBehaveLikeERC20 } from "../../shared/behaviours/erc20";
import type { ERC20World } from "../../shared/behaviours/erc20";
import { shouldBehaveLikeERC4626 } from "../../shared/behaviours/erc4626";
import { shouldBehaveLikeERC2612 } from "../../shared/behaviours/erc2612";
import { GENESIS_INDEX, INDEXES, MAX_SHARES, ODD_INDEX } from "../../shared/indexes";
import { propertyRuns } from "../../shared/propertyRuns";
import {
  ALICE_SHARES,
  homeFixture,
  rebaseNow,
  satelliteFixture,
  scheduleIndex,
  unsyncedFixture,
} from "../../shared/tokenFixture";
import type { TokenWorld } from "../../shared/tokenFixture";

const UNIT = GENESIS_INDEX;

interface WrapperWorld extends TokenWorld {
  readonly wrapper: WrappedRebaseToken;
}

async function withWrapper(world: TokenWorld): Promise<WrapperWorld> {
  const { token, admin, alice, bob } = world;
  const wrapper = await new WrappedRebaseToken__factory(admin).deploy(token, "Wrapped", "wRBT");
  for (const holder of [alice, bob]) await token.connect(holder).approve(wrapper, MaxUint256);
  return { ...world, wrapper: wrapper.connect(alice) };
}

const homeWorld = async (): Promise<WrapperWorld> => withWrapper(await homeFixture());
const satelliteWorld = async (): Promise<WrapperWorld> => withWrapper(await satelliteFixture());

/** Sets the satellite's index at once. */
async function setIndex({ token, rebaser }: TokenWorld, index: bigint): Promise<void> {
  await token.connect(rebaser).sync((await token.epoch()) + 1n, index, index, 0);
}

/** Expects that the wrapper holds the shares of every wrapped unit. */
async function expectBacked({ wrapper, token }: WrapperWorld): Promise<void> {
  expect(await token.sharesOf(wrapper)).to.be.gte((await wrapper.totalSupply()) * UNIT);
}

describe("WrappedRebaseToken", () => {
  it("is an ERC-20 with the token's decimals, and a vault of the token", async () => {
    const { wrapper, token } = await loadFixture(homeWorld);
    expect(await wrapper.decimals()).to.equal(18n);
    expect(await wrapper.asset()).to.equal(await token.getAddress());
    expect(await wrapper.SHARES_PER_UNIT()).to.equal(UNIT);
  });

  it("is deployed for a rebase token only", async () => {
    const { wrapper, admin } = await loadFixture(homeWorld);
    const deployment = new WrappedRebaseToken__factory(admin).deploy(wrapper, "Wrapped", "wRBT");
    await expect(deployment).to.be.revertedWithoutReason();
  });

  it("names as maxima what takes no more shares than can exist, at any index", async () => {
    const world = await loadFixture(satelliteWorld);
    const { wrapper, alice } = world;
    for (const { sharesPerToken } of INDEXES) {
      await setIndex(world, sharesPerToken);
      const units = await wrapper.previewMint(await wrapper.maxMint(alice));
      expect(units * sharesPerToken).to.be.within(MAX_SHARES - 2n ** 97n, MAX_SHARES);
      const deposit = (await wrapper.maxDeposit(alice)) * sharesPerToken;
      expect(deposit).to.be.within(MAX_SHARES - sharesPerToken + 1n, MAX_SHARES);
    }
  });

  it("keeps balances while rebases change what they are worth", async () => {
    const world = await loadFixture(satelliteWorld);
    const { wrapper, alice } = world;
    await wrapper.wrapShares(parseEther("100"), alice);
    for (const { sharesPerToken } of INDEXES) {
      await setIndex(world, sharesPerToken);
      expect(await wrapper.balanceOf(alice)).to.equal(parseEther("100"));
      const value = (parseEther("100") * UNIT) / sharesPerToken;
      expect(await wrapper.convertToAssets(parseEther("100"))).to.equal(value);
      expect(await wrapper.totalAssets()).to.equal(value);
      expect(await wrapper.getRate()).to.equal((10n ** 18n * UNIT) / sharesPerToken);
    }
  });

  it("answers the index that counts, not the pending one", async () => {
    const world = await loadFixture(homeWorld);
    const { wrapper } = world;
    await scheduleIndex(world, UNIT / 2n);
    expect(await wrapper.getRate()).to.equal(10n ** 18n);
    await time.increase(3_600);
    expect(await wrapper.getRate()).to.equal(2n * 10n ** 18n);
  });

  it("wraps and unwraps shares exactly, at an odd index, and spends the allowance rounded up", async () => {
    const world = await loadFixture(satelliteWorld);
    const { wrapper, token, alice, carol } = world;
    const wrapped = 123_456_789n;
    const allowance = (wrapped * UNIT + ODD_INDEX - 1n) / ODD_INDEX;
    await token.connect(alice).approve(wrapper, allowance - 1n);
    await expect(wrapper.wrapShares(wrapped, carol)).to.be.revertedWithCustomError(
      token,
      "ERC20InsufficientAllowance",
    );
    await token.connect(alice).approve(wrapper, allowance);
    await wrapper.wrapShares(wrapped, carol);
    expect(await token.allowance(alice, wrapper)).to.equal(0n);
    expect(await token.sharesOf(wrapper)).to.equal(wrapped * UNIT);
    expect(await token.sharesOf(alice)).to.equal(ALICE_SHARES - wrapped * UNIT);

    await wrapper.connect(carol).unwrapShares(wrapped, alice, carol);
    expect(await token.sharesOf(alice)).to.equal(ALICE_SHARES);
    expect(await token.sharesOf(wrapper)).to.equal(0n);
    expect(await wrapper.totalSupply()).to.equal(0n);
  });

  it("refuses to wrap more than can exist", async () => {
    const { wrapper, alice, token } = await loadFixture(homeWorld);
    await expect(wrapper.wrapShares(MAX_SHARES / UNIT + 1n, alice)).to.be.revertedWithCustomError(
      { interface: new ethers.Interface(["error AmountExceedsShareRange(uint256,uint256)"]) },
      "AmountExceedsShareRange",
    );
    await expect(wrapper.wrapShares(parseEther("1000") + 1n, alice)).to.be.revertedWithCustomError(
      token,
      "InsufficientShares",
    );
  });

  it("spends an allowance of wrapped units when another account unwraps or redeems", async () => {
    const { wrapper, alice, bob } = await loadFixture(homeWorld);
    await wrapper.wrapShares(100n, alice);
    await wrapper.approve(bob, 60n);
    const ofBob = wrapper.connect(bob);
    await ofBob.unwrapShares(30n, bob, alice);
    await ofBob.redeem(30n, bob, alice);
    for (const name of ["unwrapShares", "redeem"] as const) {
      await expect(ofBob[name](1n, bob, alice)).to.be.revertedWithCustomError(
        wrapper,
        "ERC20InsufficientAllowance",
      );
    }
    expect(await wrapper.balanceOf(alice)).to.equal(40n);
  });

  it("is not moved by a donation [B13]", async () => {
    const world = await loadFixture(homeWorld);
    const { wrapper, token, bob, alice } = world;
    await wrapper.deposit(parseEther("10"), alice);
    const before = [await wrapper.getRate(), await wrapper.totalAssets()];
    await token.connect(bob).transfer(wrapper, parseEther("100"));
    expect([await wrapper.getRate(), await wrapper.totalAssets()]).to.deep.equal(before);
    // The first depositor of an empty vault cannot be robbed by one.
    expect(await wrapper.previewDeposit(parseEther("1"))).to.equal(parseEther("1"));
  });

  describe("ERC-20", () => {
    async function erc20Fixture(): Promise<ERC20World> {
      const { wrapper, token, admin, alice, bob, carol, issuer } = await satelliteWorld();
      await wrapper.wrapShares(parseEther("10"), alice);
      await wrapper.connect(bob).wrapShares(parseEther("5"), bob);
      await token.connect(admin).grantRole(await token.GUARDIAN_ROLE(), admin);
      // Wrapped units move while shares of the token cannot.
      await token.connect(admin).pause();
      const erc20 = ERC20Permit__factory.connect(await wrapper.getAddress(), alice);
      return { token: erc20, holder: alice, otherHolder: bob, newcomer: carol, spender: issuer };
    }
    shouldBehaveLikeERC20(erc20Fixture, {
      name: "Wrapped",
      symbol: "wRBT",
      decimals: 18n,
      refusesItself: false,
    });
  });

  describe("ERC-2612", () => {
    shouldBehaveLikeERC2612(async function permitFixture() {
      const { wrapper, alice, bob, admin, token } = await homeWorld();
      await wrapper.wrapShares(1_000n, alice);
      const other = await new WrappedRebaseToken__factory(admin).deploy(token, "Wrapped", "wRBT");
      return {
        token: ERC20Permit__factory.connect(await wrapper.getAddress(), admin),
        other: ERC20Permit__factory.connect(await other.getAddress(), admin),
        owner: alice,
        spender: bob,
        // Its name and its chain are in its code.
        code: [await wrapper.getAddress()],
        slots: [],
      };
    });
  });

  for (const { title, sharesPerToken } of INDEXES) {
    describe(`ERC-4626, at ${title}`, () => {
      shouldBehaveLikeERC4626(async function vaultFixture() {
        const world = await homeWorld();
        const { wrapper, token, issuer, alice, bob, carol } = world;
        await rebaseNow(world, sharesPerToken);
        for (const holder of [alice, bob]) {
          const units = await wrapper.previewMint(2n * 10n ** 19n);
          await token.connect(issuer).mint(holder, units + 2n * 10n ** 19n);
          await wrapper.connect(holder).deposit(10n ** 19n, holder);
          await wrapper.connect(holder).mint(10n ** 19n, holder);
        }
        return {
          vault: ERC4626__factory.connect(await wrapper.getAddress(), alice),
          asset: ERC20__factory.connect(await token.getAddress(), alice),
          holder: alice,
          otherHolder: bob,
          newcomer: carol,
        };
      });
    });
  }

  describe("while shares cannot move", () => {
    const maxima = ({ wrapper, alice }: WrapperWorld): Promise<bigint[]> =>
      Promise.all([
        wrapper.maxDeposit(alice),
        wrapper.maxMint(alice),
        wrapper.maxWithdraw(alice),
        wrapper.maxRedeem(alice),
      ]);

    it("every maximum is zero: paused", async () => {
      const world = await loadFixture(homeWorld);
      const { wrapper, token, alice, guardian } = world;
      await wrapper.deposit(parseEther("10"), alice);
      expect(await maxima(world)).not.to.include(0n);
      await token.connect(guardian).pause();
      expect(await maxima(world)).to.deep.equal([0n, 0n, 0n, 0n]);
      expect(await wrapper.getRate()).to.equal(10n ** 18n);
      await expect(wrapper.deposit(1n, alice)).to.be.revertedWithCustomError(
        wrapper,
        "ERC4626ExceededMaxDeposit",
      );
      await expect(wrapper.wrapShares(1n, alice)).to.be.revertedWithCustomError(
        token,
        "EnforcedPause",
      );
    });

    it("every maximum is zero, and there is no rate: unsynced", async () => {
      const world = await withWrapper(await unsyncedFixture());
      const { wrapper, token } = world;
      expect(await maxima(world)).to.deep.equal([0n, 0n, 0n, 0n]);
      expect(await wrapper.totalAssets()).to.equal(0n);
      for (const call of [
        () => wrapper.getRate(),
        () => wrapper.convertToAssets(1n),
        () => wrapper.previewDeposit(1n),
      ]) {
        await expect(call()).to.be.revertedWithCustomError(token, "Unsynced");
      }
    });
  });

  describe("keeps the promises of ERC-4626, at any index:", () => {
    const indexes = fc.oneof(
      fc.constantFrom(...INDEXES.map(({ sharesPerToken }) => sharesPerToken)),
      fc.bigInt(UNIT / 10n, UNIT * 10n),
    );
    const amounts = fc.oneof(fc.bigInt(1n, 1_000n), fc.bigInt(1n, parseEther("1")));

    interface Call {
      readonly name: "deposit" | "mint" | "withdraw" | "redeem";
      readonly preview: "previewDeposit" | "previewMint" | "previewWithdraw" | "previewRedeem";
      /** The amount that the caller gains, and the rounding that is not in its favour. */
      readonly args: (amount: bigint, holder: string) => readonly unknown[];
    }
    const calls: readonly Call[] = [
      { name: "deposit", preview: "previewDeposit", args: (amount, holder) => [amount, holder] },
      { name: "mint", preview: "previewMint", args: (amount, holder) => [amount, holder] },
      {
        name: "withdraw",
        preview: "previewWithdraw",
        args: (amount, holder) => [amount, holder, holder],
      },
      {
        name: "redeem",
        preview: "previewRedeem",
        args: (amount, holder) => [amount, holder, holder],
      },
    ];
    for (const { name, preview, args } of calls) {
      it(`${name} moves exactly what ${preview} says, in whole units, and stays backed [K17]`, async () => {
        await fc.assert(
          fc.asyncProperty(indexes, amounts, async (index, amount) => {
            const world = await loadFixture(satelliteWorld);
            const { wrapper, token, alice } = world;
            await wrapper.wrapShares(parseEther("10"), alice);
            await setIndex(world, index);
            // At the highest indexes few units are left.
            fc.pre(
              (await wrapper.maxWithdraw(alice)) >= amount &&
                (await token.balanceOf(alice)) >= amount,
            );
            const [assets, wrapped] = [
              await token.balanceOf(alice),
              await wrapper.balanceOf(alice),
            ];
            const previewed: unknown = await wrapper.getFunction(preview).staticCall(amount);
            const fn = wrapper.getFunction(name);
            fc.pre(name !== "mint" || (previewed as bigint) <= assets);
            expect(await fn.staticCall(...args(amount, alice.address))).to.equal(previewed);
            await fn(...args(amount, alice.address));
            const moved = {
              assets: (await token.balanceOf(alice)) - assets,
              wrapped: (await wrapper.balanceOf(alice)) - wrapped,
            };
            expect([moved.assets, moved.wrapped].map((v) => (v < 0n ? -v : v))).to.deep.equal(
              name === "deposit" || name === "withdraw" ? [amount, previewed] : [previewed, amount],
            );
            await expectBacked(world);
          }),
          propertyRuns(40),
        );
      });
    }

    it("nobody gains by going in and out again", async () => {
      await fc.assert(
        fc.asyncProperty(
          indexes,
          amounts,
          fc.boolean(),
          fc.boolean(),
          async (index, amount, mint, withdraw) => {
            const world = await loadFixture(satelliteWorld);
            const { wrapper, token, alice, bob } = world;
            await wrapper.connect(bob).wrapShares(parseEther("10"), bob);
            await setIndex(world, index);
            const shares = await token.sharesOf(alice);
            const most = await token.balanceOf(alice);
            fc.pre((mint ? await wrapper.previewMint(amount) : amount) <= most);
            await (mint ? wrapper.mint(amount, alice) : wrapper.deposit(amount, alice));
            await (withdraw
              ? wrapper.withdraw(await wrapper.maxWithdraw(alice), alice, alice)
              : wrapper.redeem(await wrapper.maxRedeem(alice), alice, alice));
            expect(await token.sharesOf(alice)).to.be.lte(shares);
            await expectBacked(world);
          },
        ),
        propertyRuns(40),
      );
    });

    it("what is converted there and back does not grow, and both directions round down", async () => {
      const world = await loadFixture(satelliteWorld);
      const { wrapper } = world;
      await fc.assert(
        fc.asyncProperty(amounts, async (amount) => {
          expect(await wrapper.convertToAssets(await wrapper.convertToShares(amount))).to.be.lte(
            amount,
          );
          expect(await wrapper.convertToShares(await wrapper.convertToAssets(amount))).to.be.lte(
            amount,
          );
          expect(await wrapper.previewDeposit(amount)).to.be.lte(
            await wrapper.convertToShares(amount),
          );
          expect(await wrapper.previewMint(amount)).to.be.gte(
            await wrapper.convertToAssets(amount),
          );
          expect(await wrapper.previewWithdraw(amount)).to.be.gte(
            await wrapper.convertToShares(amount),
          );
          expect(await wrapper.previewRedeem(amount)).to.be.lte(
            await wrapper.convertToAssets(amount),
          );
        }),
        propertyRuns(60),
      );
    });

    it("every maximum can be moved, and no more", async () => {
      const world = await loadFixture(satelliteWorld);
      const { wrapper, alice } = world;
      await wrapper.wrapShares(parseEther("10"), alice);
      await setIndex(world, ODD_INDEX + 7n);
      const [withdraw, redeem] = [await wrapper.maxWithdraw(alice), await wrapper.maxRedeem(alice)];
      await wrapper.withdraw.staticCall(withdraw, alice, alice);
      await wrapper.redeem.staticCall(redeem, alice, alice);
      await expect(wrapper.withdraw(withdraw + 1n, alice, alice)).to.be.revertedWithCustomError(
        wrapper,
        "ERC4626ExceededMaxWithdraw",
      );
      await expect(wrapper.redeem(redeem + 1n, alice, alice)).to.be.revertedWithCustomError(
        wrapper,
        "ERC4626ExceededMaxRedeem",
      );
    });
  });
});
