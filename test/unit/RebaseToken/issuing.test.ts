import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { MaxUint256, ZeroAddress } from "ethers";

import { loadFixture } from "../../shared/fixture";
import { DUSTS, GENESIS_INDEX, INDEXES, MAX_SHARES } from "../../shared/indexes";
import {
  ALICE_AMOUNT,
  BOB_AMOUNT,
  fillDust,
  genesisFixture,
  holdingsOf,
  homeFixture,
  rebaseNow,
  satelliteFixture,
  sendAbroad,
} from "../../shared/tokenFixture";
import type { TokenWorld } from "../../shared/tokenFixture";

describe("RebaseToken: issuing", () => {
  for (const { title, sharesPerToken } of INDEXES) {
    for (const dust of DUSTS) {
      describe(`at ${title}, ${dust.title}`, () => {
        const fixture = async (): Promise<TokenWorld> => {
          const world = await loadFixture(homeFixture);
          await rebaseNow(world, sharesPerToken);
          await fillDust(world.token, world.bob, world.alice, dust.of(sharesPerToken));
          return world;
        };

        for (const amount of [0n, 1n, 1_234_567_890_123_456_789n]) {
          it(`mints exactly ${amount} units [A5, I5]`, async () => {
            const { token, issuer, alice, bob } = await loadFixture(fixture);
            const shares = amount * sharesPerToken;
            const before = await holdingsOf(token, [alice, bob]);
            const issued = await token.issuedShares();

            const mint = await token.connect(issuer).mint(alice, amount);

            await expect(mint)
              .to.emit(token, "Transfer")
              .withArgs(ZeroAddress, alice.address, amount);
            await expect(mint)
              .to.emit(token, "TransferShares")
              .withArgs(ZeroAddress, alice.address, shares);
            await expect(mint).to.changeTokenBalances(token, [alice, bob], [amount, 0n]);
            expect(await token.sharesOf(alice)).to.equal((before.shares[0] ?? 0n) + shares);
            expect(await token.totalShares()).to.equal(before.totalShares + shares);
            expect(await token.totalSupply()).to.equal(before.totalSupply + amount);
            expect(await token.issuedShares()).to.equal(issued + shares);
          });
        }

        for (const [what, of] of [
          ["0 units", () => 0n],
          ["1 unit", () => 1n],
          ["the whole balance", (balance: bigint) => balance],
        ] as const) {
          it(`burns exactly ${what} [I5]`, async () => {
            const { token, issuer, alice, bob } = await loadFixture(fixture);
            const amount = of(await token.balanceOf(alice));
            const shares = amount * sharesPerToken;
            await token.connect(alice).approve(issuer, amount);
            const before = await holdingsOf(token, [alice, bob]);
            const issued = await token.issuedShares();

            const burn = await token.connect(issuer).burn(alice, amount);

            await expect(burn)
              .to.emit(token, "Transfer")
              .withArgs(alice.address, ZeroAddress, amount);
            await expect(burn)
              .to.emit(token, "TransferShares")
              .withArgs(alice.address, ZeroAddress, shares);
            await expect(burn).to.changeTokenBalances(token, [alice, bob], [-amount, 0n]);
            expect(await token.sharesOf(alice)).to.equal((before.shares[0] ?? 0n) - shares);
            expect(await token.totalShares()).to.equal(before.totalShares - shares);
            expect(await token.totalSupply()).to.equal(before.totalSupply - amount);
            expect(await token.issuedShares()).to.equal(issued - shares);
          });
        }
      });
    }
  }

  describe("mint", () => {
    it("refuses the zero address and the token itself as receivers", async () => {
      const { token, issuer } = await loadFixture(homeFixture);
      for (const receiver of [ZeroAddress, await token.getAddress()]) {
        for (const amount of [0n, 1n]) {
          await expect(token.connect(issuer).mint(receiver, amount))
            .to.be.revertedWithCustomError(token, "ERC20InvalidReceiver")
            .withArgs(receiver);
        }
      }
    });

    it("refuses an amount whose shares exceed the largest share count [A7, I14]", async () => {
      const { token, issuer, alice } = await loadFixture(homeFixture);
      for (const amount of [MAX_SHARES / GENESIS_INDEX + 1n, MaxUint256]) {
        await expect(token.connect(issuer).mint(alice, amount))
          .to.be.revertedWithCustomError(token, "AmountExceedsShareRange")
          .withArgs(amount, GENESIS_INDEX);
      }
    });

    it("fills the range up to the last whole unit, and not one beyond [A7, I14]", async () => {
      const { token, issuer, alice, bob } = await loadFixture(homeFixture);
      const issued = (ALICE_AMOUNT + BOB_AMOUNT) * GENESIS_INDEX;
      const available = MAX_SHARES - issued;
      const room = available / GENESIS_INDEX;
      await expect(token.connect(issuer).mint(alice, room + 1n))
        .to.be.revertedWithCustomError(token, "SharesExceedRange")
        .withArgs((room + 1n) * GENESIS_INDEX, available);

      await token.connect(issuer).mint(alice, room);
      expect(await token.balanceOf(alice)).to.equal(ALICE_AMOUNT + room);
      await expect(token.connect(alice).transfer(bob, ALICE_AMOUNT + room)).to.changeTokenBalances(
        token,
        [alice, bob],
        [-ALICE_AMOUNT - room, ALICE_AMOUNT + room],
      );
    });

    it("fills the range to the last share where an index divides it, and then refuses one unit [A7, I14]", async () => {
      const { token, rebaser, issuer, alice } = await loadFixture(genesisFixture);
      // 257 divides 2^104 + 1, which divides 2^208 - 1.
      const index = (2n ** 104n + 1n) / 257n;
      expect(MAX_SHARES % index).to.equal(0n);
      const counts = (await time.latest()) + 1;
      await token.connect(rebaser).rebase(2, index, counts);
      const all = MAX_SHARES / index;
      await token.connect(issuer).mint(alice, all - 1n);
      await token.connect(issuer).mint(alice, 1n);
      expect(await token.issuedShares()).to.equal(MAX_SHARES);
      expect(await token.totalShares()).to.equal(MAX_SHARES);
      expect(await token.balanceOf(alice)).to.equal(all);
      await expect(token.connect(issuer).mint(alice, 1n))
        .to.be.revertedWithCustomError(token, "SharesExceedRange")
        .withArgs(index, 0n);
      await token.connect(issuer).mint(alice, 0n);
    });

    it("refuses to fill the range by one share too many [A7, I14]", async () => {
      const { token, rebaser, issuer, alice } = await loadFixture(genesisFixture);
      const index = 2n ** 60n;
      await token.connect(rebaser).rebase(2, index, (await time.latest()) + 1);
      const half = 2n ** 207n;
      await token.connect(issuer).mint(alice, half / index);
      await expect(token.connect(issuer).mint(alice, half / index))
        .to.be.revertedWithCustomError(token, "SharesExceedRange")
        .withArgs(half, half - 1n);
    });

    it("leaves room at home for outstanding shares to return", async () => {
      const world = await loadFixture(homeFixture);
      const { token, issuer, alice, bob, bridge } = world;
      const outstanding = await sendAbroad(world, alice, ALICE_AMOUNT);
      const available = MAX_SHARES - (ALICE_AMOUNT + BOB_AMOUNT) * GENESIS_INDEX;
      const room = available / GENESIS_INDEX;
      await expect(token.connect(issuer).mint(bob, room + 1n))
        .to.be.revertedWithCustomError(token, "SharesExceedRange")
        .withArgs((room + 1n) * GENESIS_INDEX, available);
      await token.connect(issuer).mint(bob, room);
      await token.connect(bridge).bridgeMint(alice, outstanding);
      expect(await token.balanceOf(alice)).to.equal(ALICE_AMOUNT);
    });

    it("gives the same units at any supply: the first unit sets no price [A2]", async () => {
      const { token, issuer, alice, bob, carol, bridge } = await loadFixture(genesisFixture);
      await token.connect(issuer).mint(alice, 1n);
      await token.connect(issuer).mint(bob, 10n ** 24n);
      await token.connect(bob).transfer(bridge, 10n ** 24n);
      await token.connect(issuer).mint(carol, 1n);
      expect(await token.sharesOf(alice)).to.equal(GENESIS_INDEX);
      expect(await token.sharesOf(carol)).to.equal(GENESIS_INDEX);
    });

    it("is available on the home chain only", async () => {
      const { token, issuer, alice } = await loadFixture(satelliteFixture);
      await expect(token.connect(issuer).mint(alice, 0n)).to.be.revertedWithCustomError(
        token,
        "NotHome",
      );
    });
  });

  describe("burn", () => {
    it("of the issuer's own units requires no allowance", async () => {
      const { token, issuer } = await loadFixture(homeFixture);
      await token.connect(issuer).mint(issuer, 5n);
      await expect(token.connect(issuer).burn(issuer, 5n)).to.changeTokenBalance(
        token,
        issuer,
        -5n,
      );
    });

    it("of another's units spends exactly the amount of the allowance", async () => {
      const { token, issuer, alice } = await loadFixture(homeFixture);
      await token.connect(alice).approve(issuer, 5n);
      await token.connect(issuer).burn(alice, 3n);
      expect(await token.allowance(alice, issuer)).to.equal(2n);
      await expect(token.connect(issuer).burn(alice, 3n))
        .to.be.revertedWithCustomError(token, "ERC20InsufficientAllowance")
        .withArgs(issuer.address, 2n, 3n);
    });

    it("leaves an infinite allowance unchanged", async () => {
      const { token, issuer, alice } = await loadFixture(homeFixture);
      await token.connect(alice).approve(issuer, MaxUint256);
      await token.connect(issuer).burn(alice, 3n);
      expect(await token.allowance(alice, issuer)).to.equal(MaxUint256);
    });

    for (const [title, amount] of [
      ["one unit more than the balance", ALICE_AMOUNT + 1n],
      ["2^208 units", 2n ** 208n],
      ["2^256 - 1 units", MaxUint256],
    ] as const) {
      it(`refuses ${title}, without a panic [A7]`, async () => {
        const { token, issuer, alice } = await loadFixture(homeFixture);
        await token.connect(alice).approve(issuer, MaxUint256);
        await expect(token.connect(issuer).burn(alice, amount))
          .to.be.revertedWithCustomError(token, "ERC20InsufficientBalance")
          .withArgs(alice.address, ALICE_AMOUNT, amount);
      });
    }

    it("refuses the zero address as holder", async () => {
      const { token, issuer } = await loadFixture(homeFixture);
      await expect(token.connect(issuer).burn(ZeroAddress, 0n))
        .to.be.revertedWithCustomError(token, "ERC20InvalidApprover")
        .withArgs(ZeroAddress);
    });

    it("is available on the home chain only [F6]", async () => {
      const { token, issuer } = await loadFixture(satelliteFixture);
      await expect(token.connect(issuer).burn(issuer, 0n)).to.be.revertedWithCustomError(
        token,
        "NotHome",
      );
    });
  });

  describe("issuedShares and globalSupply", () => {
    it("include outstanding shares", async () => {
      const world = await loadFixture(homeFixture);
      const { token, alice, bob } = world;
      const issued = (ALICE_AMOUNT + BOB_AMOUNT) * GENESIS_INDEX;
      expect(await token.issuedShares()).to.equal(issued);
      expect(await token.globalSupply()).to.equal(ALICE_AMOUNT + BOB_AMOUNT);
      await sendAbroad(world, alice, ALICE_AMOUNT);
      expect(await token.totalSupply()).to.equal(BOB_AMOUNT);
      expect(await token.issuedShares()).to.equal(issued);
      expect(await token.globalSupply()).to.equal(ALICE_AMOUNT + BOB_AMOUNT);
      await token.connect(bob).transferShares(alice, 1n);
      expect(await token.issuedShares()).to.equal(issued);
    });

    for (const { title, sharesPerToken: next } of INDEXES) {
      it(`follow a rebase to ${title}: the supply changes, the shares do not`, async () => {
        const world = await loadFixture(homeFixture);
        const { token, alice } = world;
        await sendAbroad(world, alice, ALICE_AMOUNT / 3n);
        const issued = await token.issuedShares();
        await rebaseNow(world, next);
        expect(await token.issuedShares()).to.equal(issued);
        expect(await token.globalSupply()).to.equal(issued / next);
      });
    }

    it("are available on the home chain only", async () => {
      const { token } = await loadFixture(satelliteFixture);
      await expect(token.issuedShares()).to.be.revertedWithCustomError(token, "NotHome");
      await expect(token.globalSupply()).to.be.revertedWithCustomError(token, "NotHome");
    });
  });
});
