import { expect } from "chai";
import { MaxUint256, ZeroAddress } from "ethers";

import { loadFixture } from "../../shared/fixture";
import { DUSTS, GROWN_INDEX, INDEXES, MAX_SHARES, ODD_INDEX } from "../../shared/indexes";
import {
  ALICE_SHARES,
  BOB_SHARES,
  fillDust,
  holdingsOf,
  homeFixture,
  rebaseNow,
  satelliteFixture,
} from "../../shared/tokenFixture";

describe("RebaseToken: shares", () => {
  describe("toShares and toTokens", () => {
    for (const { title, sharesPerToken } of INDEXES) {
      it(`are inverse for whole units, at ${title} [I7]`, async () => {
        const world = await loadFixture(homeFixture);
        const { token } = world;
        await rebaseNow(world, sharesPerToken);
        for (const amount of [0n, 1n, 3n, 10n ** 18n, MAX_SHARES / sharesPerToken]) {
          expect(await token.toShares(amount)).to.equal(amount * sharesPerToken);
          expect(await token.toTokens(amount * sharesPerToken)).to.equal(amount);
        }
      });

      it(`round down what is less than a unit, at ${title}`, async () => {
        const world = await loadFixture(homeFixture);
        const { token } = world;
        await rebaseNow(world, sharesPerToken);
        expect(await token.toTokens(sharesPerToken - 1n)).to.equal(0n);
        expect(await token.toTokens(7n * sharesPerToken - 1n)).to.equal(6n);
        expect(await token.toTokens(7n * sharesPerToken + 1n)).to.equal(7n);
        expect(await token.toTokens(MaxUint256)).to.equal(MaxUint256 / sharesPerToken);
      });

      it(`refuse an amount one unit beyond what shares can count, at ${title} [A7]`, async () => {
        const world = await loadFixture(homeFixture);
        const { token } = world;
        await rebaseNow(world, sharesPerToken);
        for (const amount of [MAX_SHARES / sharesPerToken + 1n, MaxUint256]) {
          await expect(token.toShares(amount))
            .to.be.revertedWithCustomError(token, "AmountExceedsShareRange")
            .withArgs(amount, sharesPerToken);
        }
      });
    }
  });

  describe("transferShares", () => {
    const counts: readonly [title: string, of: (held: bigint) => bigint][] = [
      ["0 shares", () => 0n],
      ["1 share", () => 1n],
      ["one share short of a unit", () => ODD_INDEX - 1n],
      ["one unit", () => ODD_INDEX],
      ["a unit and a share", () => ODD_INDEX + 1n],
      ["all shares, dust included", (held) => held],
    ];
    for (const [title, of] of counts) {
      it(`moves exactly ${title} and returns the receiver's balance change [A12]`, async () => {
        const { token, alice, bob } = await loadFixture(satelliteFixture);
        const shares = of(ALICE_SHARES);
        const before = await holdingsOf(token, [alice, bob]);
        const returned = await token.connect(alice).transferShares.staticCall(bob, shares);

        const transfer = await token.connect(alice).transferShares(bob, shares);

        const after = await holdingsOf(token, [alice, bob]);
        expect(after).to.deep.equal({
          ...before,
          shares: [ALICE_SHARES - shares, BOB_SHARES + shares],
          balances: [(ALICE_SHARES - shares) / ODD_INDEX, (BOB_SHARES + shares) / ODD_INDEX],
        });
        expect(returned).to.equal((BOB_SHARES + shares) / ODD_INDEX - BOB_SHARES / ODD_INDEX);
        await expect(transfer)
          .to.emit(token, "Transfer")
          .withArgs(alice.address, bob.address, returned);
        await expect(transfer)
          .to.emit(token, "TransferShares")
          .withArgs(alice.address, bob.address, shares);
      });
    }

    it("may complete a unit of the receiver that the sender does not lose", async () => {
      const { token, alice, bob } = await loadFixture(satelliteFixture);
      // Alice has k - 1 shares of dust, Bob 1: her dust makes his a whole unit.
      await expect(token.connect(alice).transferShares(bob, ODD_INDEX - 1n)).to.changeTokenBalances(
        token,
        [alice, bob],
        [0n, 1n],
      );
    });

    it("may break a unit of the sender that the receiver does not gain", async () => {
      const { token, alice, bob, carol } = await loadFixture(satelliteFixture);
      await fillDust(token, bob, alice, 0n);
      await expect(token.connect(alice).transferShares(carol, 1n)).to.changeTokenBalances(
        token,
        [alice, carol],
        [-1n, 0n],
      );
    });

    for (const [title, of] of counts) {
      it(`of ${title} to oneself changes nothing and returns 0 [A11]`, async () => {
        const { token, alice } = await loadFixture(satelliteFixture);
        const shares = of(ALICE_SHARES);
        const before = await holdingsOf(token, [alice]);
        expect(await token.connect(alice).transferShares.staticCall(alice, shares)).to.equal(0n);
        const transfer = await token.connect(alice).transferShares(alice, shares);
        expect(await holdingsOf(token, [alice])).to.deep.equal(before);
        await expect(transfer)
          .to.emit(token, "Transfer")
          .withArgs(alice.address, alice.address, 0n);
        await expect(transfer)
          .to.emit(token, "TransferShares")
          .withArgs(alice.address, alice.address, shares);
      });
    }

    for (const [title, excess] of [
      ["one share more than the sender has", ALICE_SHARES + 1n],
      ["2^256 - 1 shares", MaxUint256],
    ] as const) {
      it(`refuses ${title}, whoever receives them`, async () => {
        const { token, alice, bob } = await loadFixture(satelliteFixture);
        for (const receiver of [bob, alice]) {
          await expect(token.connect(alice).transferShares(receiver, excess))
            .to.be.revertedWithCustomError(token, "InsufficientShares")
            .withArgs(alice.address, ALICE_SHARES, excess);
        }
      });
    }

    it("refuses the zero address and the token itself as receivers", async () => {
      const { token, alice } = await loadFixture(satelliteFixture);
      for (const receiver of [ZeroAddress, await token.getAddress()]) {
        await expect(token.connect(alice).transferShares(receiver, 1n))
          .to.be.revertedWithCustomError(token, "ERC20InvalidReceiver")
          .withArgs(receiver);
      }
    });

    it("spends only the caller's shares: an allowance has no effect", async () => {
      const { token, alice, carol } = await loadFixture(satelliteFixture);
      await token.connect(alice).approve(carol, MaxUint256);
      await expect(token.connect(carol).transferShares(carol, 1n))
        .to.be.revertedWithCustomError(token, "InsufficientShares")
        .withArgs(carol.address, 0n, 1n);
    });
  });

  describe("an ERC-20 transfer", () => {
    for (const { title, sharesPerToken } of INDEXES) {
      for (const dust of DUSTS) {
        it(`moves amount x index shares and emits them, at ${title}, ${dust.title} [A12]`, async () => {
          const world = await loadFixture(homeFixture);
          const { token, alice, bob, carol } = world;
          await rebaseNow(world, sharesPerToken);
          await fillDust(token, bob, alice, dust.of(sharesPerToken));
          const amount = await token.balanceOf(alice);
          const before = await holdingsOf(token, [alice, carol]);

          const transfer = await token.connect(alice).transfer(carol, amount);

          const shares = amount * sharesPerToken;
          await expect(transfer)
            .to.emit(token, "TransferShares")
            .withArgs(alice.address, carol.address, shares);
          expect(await holdingsOf(token, [alice, carol])).to.deep.equal({
            ...before,
            balances: [0n, amount],
            shares: [dust.of(sharesPerToken), shares],
          });
        });
      }
    }

    it("emits Transfer, then TransferShares, and nothing else [B4]", async () => {
      const { token, alice, bob } = await loadFixture(satelliteFixture);
      const transfer = await token.connect(alice).transfer(bob, 5n);
      const receipt = await transfer.wait();
      const events = receipt?.logs.map((log): unknown[] => {
        const event = token.interface.parseLog(log);
        return event ? [event.name, ...(event.args as readonly unknown[])] : [];
      });
      expect(events).to.deep.equal([
        ["Transfer", alice.address, bob.address, 5n],
        ["TransferShares", alice.address, bob.address, 5n * ODD_INDEX],
      ]);
    });
  });

  describe("dust", () => {
    it("gains no unit when single units are sent to and fro [A4]", async () => {
      const world = await loadFixture(homeFixture);
      const { token, alice, bob } = world;
      await rebaseNow(world, ODD_INDEX);
      await fillDust(token, alice, bob, ODD_INDEX - 1n);
      const before = await holdingsOf(token, [alice, bob]);
      for (let round = 0; round < 50; round++) {
        await token.connect(alice).transfer(bob, 1n);
        await token.connect(bob).transfer(alice, 1n);
      }
      expect(await holdingsOf(token, [alice, bob])).to.deep.equal(before);
    });

    it("given away changes neither the index nor other holdings [A1, I15]", async () => {
      const { token, alice, bob, carol, bridge } = await loadFixture(satelliteFixture);
      const before = await holdingsOf(token, [bob, carol]);
      for (const shares of [1n, ODD_INDEX - 1n, ALICE_SHARES - ODD_INDEX]) {
        await token.connect(alice).transferShares(bridge, shares);
        expect(await token.sharesPerToken()).to.equal(ODD_INDEX);
        expect(await holdingsOf(token, [bob, carol])).to.deep.equal(before);
      }
    });

    it("becomes whole units when the index falls, and is never lost before", async () => {
      const world = await loadFixture(homeFixture);
      const { token, alice, carol } = world;
      await token.connect(alice).transferShares(carol, GROWN_INDEX);
      expect(await token.balanceOf(carol)).to.equal(0n);
      await rebaseNow(world, GROWN_INDEX);
      expect(await token.balanceOf(carol)).to.equal(1n);
    });
  });

  describe("transferSharesFrom", () => {
    for (const [title, shares, spent] of [
      ["0 shares", 0n, 0n],
      ["1 share", 1n, 1n],
      ["one unit", ODD_INDEX, 1n],
      ["a unit and a share", ODD_INDEX + 1n, 2n],
    ] as const) {
      it(`moves ${title} exactly and spends an allowance of ${spent} [A6, I8]`, async () => {
        const { token, alice, bob, carol } = await loadFixture(satelliteFixture);
        await token.connect(alice).approve(carol, 5n);
        const amount = await token.connect(carol).transferSharesFrom.staticCall(alice, bob, shares);
        const before = await token.balanceOf(bob);
        await expect(token.connect(carol).transferSharesFrom(alice, bob, shares))
          .to.emit(token, "TransferShares")
          .withArgs(alice.address, bob.address, shares);
        expect(await token.sharesOf(alice)).to.equal(ALICE_SHARES - shares);
        expect(await token.sharesOf(bob)).to.equal(BOB_SHARES + shares);
        expect((await token.balanceOf(bob)) - before).to.equal(amount);
        expect(await token.allowance(alice, carol)).to.equal(5n - spent);
      });
    }

    it("refuses a share more than the allowance covers, and more than the account holds [A6, I10]", async () => {
      const { token, alice, bob, carol } = await loadFixture(satelliteFixture);
      await token.connect(alice).approve(carol, 1n);
      await expect(token.connect(carol).transferSharesFrom(alice, bob, ODD_INDEX + 1n))
        .to.be.revertedWithCustomError(token, "ERC20InsufficientAllowance")
        .withArgs(carol.address, 1n, 2n);
      await token.connect(alice).approve(carol, MaxUint256);
      await expect(token.connect(carol).transferSharesFrom(alice, bob, ALICE_SHARES + 1n))
        .to.be.revertedWithCustomError(token, "InsufficientShares")
        .withArgs(alice.address, ALICE_SHARES, ALICE_SHARES + 1n);
      await token.connect(carol).transferSharesFrom(alice, bob, ALICE_SHARES);
      expect(await token.allowance(alice, carol)).to.equal(MaxUint256);
    });

    it("is stopped by a pause", async () => {
      const { token, alice, bob, carol, guardian } = await loadFixture(satelliteFixture);
      await token.connect(alice).approve(carol, MaxUint256);
      await token.connect(guardian).pause();
      await expect(
        token.connect(carol).transferSharesFrom(alice, bob, 1n),
      ).to.be.revertedWithCustomError(token, "EnforcedPause");
    });
  });
});
