import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { expect } from "chai";

import type { ERC20, ERC4626 } from "../../../typechain-types";
import { loadFixture } from "../fixture";

/** A vault to which two accounts have approved all that they have of its asset, which is at least 1e19 units each. */
export interface ERC4626World {
  readonly vault: ERC4626;
  readonly asset: ERC20;
  /** Has at least 1e18 wrapped units and as many units of the asset. */
  readonly holder: HardhatEthersSigner;
  readonly otherHolder: HardhatEthersSigner;
  readonly newcomer: HardhatEthersSigner;
}

const ENTRIES = [
  { name: "deposit", preview: "previewDeposit", max: "maxDeposit", isInAssets: true },
  { name: "mint", preview: "previewMint", max: "maxMint", isInAssets: false },
] as const;

const EXITS = [
  { name: "withdraw", preview: "previewWithdraw", max: "maxWithdraw", isInAssets: true },
  { name: "redeem", preview: "previewRedeem", max: "maxRedeem", isInAssets: false },
] as const;

const AMOUNTS = [0n, 1n, 2n, 7n, 999_999_999_999_999_989n];

/** EIP-4626 seen from outside. Indexes, pauses and who holds what are the fixture's. */
export function shouldBehaveLikeERC4626(fixture: () => Promise<ERC4626World>): void {
  it("names the asset, and manages what it holds of it", async () => {
    const { vault, asset } = await loadFixture(fixture);
    expect(await vault.asset()).to.equal(await asset.getAddress());
    expect(await vault.totalAssets()).to.be.within(1n, await asset.balanceOf(vault));
  });

  it("converts with one rate, for every caller and both ways, rounded down", async () => {
    const { vault, newcomer } = await loadFixture(fixture);
    for (const amount of AMOUNTS) {
      const shares = await vault.convertToShares(amount);
      const assets = await vault.convertToAssets(amount);
      expect(await vault.connect(newcomer).convertToShares(amount)).to.equal(shares);
      expect(await vault.connect(newcomer).convertToAssets(amount)).to.equal(assets);
      expect(await vault.convertToAssets(shares)).to.be.lte(amount);
      expect(await vault.convertToShares(assets)).to.be.lte(amount);
    }
  });

  it("previews in the vault's favour: at most the conversion what it gives, at least that what it takes", async () => {
    const { vault } = await loadFixture(fixture);
    for (const amount of AMOUNTS) {
      const [shares, assets] = [
        await vault.convertToShares(amount),
        await vault.convertToAssets(amount),
      ];
      expect(await vault.previewDeposit(amount)).to.be.within(shares - 1n, shares);
      expect(await vault.previewRedeem(amount)).to.be.within(assets - 1n, assets);
      expect(await vault.previewMint(amount)).to.be.within(assets, assets + 1n);
      expect(await vault.previewWithdraw(amount)).to.be.within(shares, shares + 1n);
    }
  });

  for (const { name, preview, max, isInAssets } of ENTRIES) {
    for (const amount of AMOUNTS) {
      it(`${name} of ${amount} takes from the caller, gives to the receiver, and says so`, async () => {
        const { vault, asset, holder, newcomer } = await loadFixture(fixture);
        const previewed = await vault[preview](amount);
        const [assets, shares] = isInAssets ? [amount, previewed] : [previewed, amount];
        const held = await asset.balanceOf(holder);
        expect(await vault.connect(holder)[name].staticCall(amount, newcomer)).to.equal(previewed);
        await expect(vault.connect(holder)[name](amount, newcomer))
          .to.emit(vault, "Deposit")
          .withArgs(holder, newcomer, assets, shares);
        expect(await vault.balanceOf(newcomer)).to.equal(shares);
        expect(held - (await asset.balanceOf(holder))).to.equal(assets);
      });
    }

    it(`${name} takes only what the caller approved`, async () => {
      const { vault, asset, holder } = await loadFixture(fixture);
      await asset.connect(holder).approve(vault, 0n);
      await expect(vault.connect(holder)[name](1_000n, holder)).to.be.revertedWithCustomError(
        vault,
        "ERC20InsufficientAllowance",
      );
    });

    it(`${name} refuses more than its maximum, and the maximum depends on no caller`, async () => {
      const { vault, holder, newcomer } = await loadFixture(fixture);
      const most = await vault[max](holder);
      expect(await vault.connect(newcomer)[max](holder)).to.equal(most);
      await expect(vault.connect(holder)[name](most + 1n, holder)).to.be.revertedWithCustomError(
        vault,
        isInAssets ? "ERC4626ExceededMaxDeposit" : "ERC4626ExceededMaxMint",
      );
    });
  }

  for (const { name, preview, max, isInAssets } of EXITS) {
    for (const amount of AMOUNTS) {
      it(`${name} of ${amount} takes from the owner, gives to the receiver, and says so`, async () => {
        const { vault, asset, holder, newcomer } = await loadFixture(fixture);
        const previewed = await vault[preview](amount);
        const [assets, shares] = isInAssets ? [amount, previewed] : [previewed, amount];
        const held = await vault.balanceOf(holder);
        const exit = vault.connect(holder)[name];
        expect(await exit.staticCall(amount, newcomer, holder)).to.equal(previewed);
        await expect(exit(amount, newcomer, holder))
          .to.emit(vault, "Withdraw")
          .withArgs(holder, newcomer, holder, assets, shares);
        expect(held - (await vault.balanceOf(holder))).to.equal(shares);
        expect(await asset.balanceOf(newcomer)).to.equal(assets);
      });
    }

    it(`${name} by another account spends an allowance of the vault's own units, no more and no less`, async () => {
      const { vault, holder, newcomer } = await loadFixture(fixture);
      const previewed = await vault[preview](1_000n);
      const shares = isInAssets ? previewed : 1_000n;
      const exit = vault.connect(newcomer)[name];
      await vault.connect(holder).approve(newcomer, shares - 1n);
      await expect(exit(1_000n, newcomer, holder)).to.be.revertedWithCustomError(
        vault,
        "ERC20InsufficientAllowance",
      );
      await vault.connect(holder).approve(newcomer, shares);
      await expect(exit(1_000n, newcomer, holder))
        .to.emit(vault, "Withdraw")
        .withArgs(newcomer, newcomer, holder, isInAssets ? 1_000n : previewed, shares);
      expect(await vault.allowance(holder, newcomer)).to.equal(0n);
    });

    it(`${name} gives out the whole maximum of an owner, and no unit more`, async () => {
      const { vault, holder } = await loadFixture(fixture);
      const most = await vault[max](holder);
      expect(most).to.be.greaterThan(0n);
      const exit = vault.connect(holder)[name];
      await expect(exit(most + 1n, holder, holder)).to.be.revertedWithCustomError(
        vault,
        isInAssets ? "ERC4626ExceededMaxWithdraw" : "ERC4626ExceededMaxRedeem",
      );
      await exit(most, holder, holder);
      expect(await vault[max](holder)).to.equal(0n);
    });
  }

  it("gives an account that holds nothing nothing to withdraw or redeem", async () => {
    const { vault, newcomer } = await loadFixture(fixture);
    expect(await vault.maxWithdraw(newcomer)).to.equal(0n);
    expect(await vault.maxRedeem(newcomer)).to.equal(0n);
  });

  it("leaves nobody with more after going in and out, by each way", async () => {
    for (const entry of ENTRIES) {
      for (const exit of EXITS) {
        const { vault, asset, otherHolder } = await loadFixture(fixture);
        const ofHolder = vault.connect(otherHolder);
        const before = await asset.balanceOf(otherHolder);
        const wrapped = await vault.balanceOf(otherHolder);
        await ofHolder[entry.name](1_000_003n, otherHolder);
        const gained = (await vault.balanceOf(otherHolder)) - wrapped;
        const amount = exit.isInAssets ? await vault.previewRedeem(gained) : gained;
        await ofHolder[exit.name](amount, otherHolder, otherHolder);
        expect(await asset.balanceOf(otherHolder)).to.be.lte(before);
        expect(await vault.balanceOf(otherHolder)).to.be.gte(wrapped);
      }
    }
  });
}
