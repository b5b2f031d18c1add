import { expect } from "chai";
import { MaxUint256, ZeroAddress, ZeroHash } from "ethers";
import fc from "fast-check";

import { operationsOf } from "../../shared/callTrace";
import { IS_INSTRUMENTED, loadFixture } from "../../shared/fixture";
import {
  GENESIS_INDEX,
  GROWN_INDEX,
  INDEXES,
  MAX_INDEX,
  MAX_SHARES,
  MIN_INDEX,
  ODD_INDEX,
  SHRUNK_INDEX,
} from "../../shared/indexes";
import { propertyRuns } from "../../shared/propertyRuns";
import {
  ALICE_AMOUNT,
  ALICE_SHARES,
  BOB_SHARES,
  ROLES,
  SATELLITE_EPOCH,
  fillDust,
  holdingsOf,
  homeFixture,
  rebaseNow,
  satelliteFixture,
  sendAbroad,
} from "../../shared/tokenFixture";
import type { TokenWorld } from "../../shared/tokenFixture";

const ABROAD_AMOUNT = ALICE_AMOUNT / 4n;
const ABROAD_SHARES = ABROAD_AMOUNT * GENESIS_INDEX;

/** Home, with a quarter of Alice's units outstanding. */
async function homeWithOutstandingShares(): Promise<TokenWorld> {
  const world = await loadFixture(homeFixture);
  await sendAbroad(world, world.alice, ABROAD_AMOUNT);
  return world;
}

describe("RebaseToken: bridging", () => {
  describe("bridgeMint", () => {
    it("creates exactly the shares, and returns the receiver's balance change", async () => {
      const { token, bridge, alice, bob } = await loadFixture(satelliteFixture);
      // Alice is one share short of a unit.
      for (const { shares, amount } of [
        { shares: 0n, amount: 0n },
        { shares: 1n, amount: 1n },
        { shares: ODD_INDEX - 1n, amount: 1n },
        { shares: 5n * ODD_INDEX, amount: 5n },
        { shares: 5n * ODD_INDEX + 1n, amount: 6n },
      ]) {
        const before = await holdingsOf(token, [alice, bob]);
        expect(await token.previewBridgeMint(alice, shares)).to.deep.equal([
          amount,
          SATELLITE_EPOCH,
        ]);
        expect(await token.connect(bridge).bridgeMint.staticCall(alice, shares)).to.deep.equal([
          amount,
          await token.epoch(),
        ]);

        const mint = await token.connect(bridge).bridgeMint(alice, shares);

        await expect(mint).to.changeTokenBalances(token, [alice, bob], [amount, 0n]);
        await expect(mint).to.emit(token, "Transfer").withArgs(ZeroAddress, alice.address, amount);
        await expect(mint)
          .to.emit(token, "TransferShares")
          .withArgs(ZeroAddress, alice.address, shares);
        const after = await holdingsOf(token, [alice, bob]);
        expect(after.shares).to.deep.equal([(before.shares[0] ?? 0n) + shares, before.shares[1]]);
        expect(after.totalShares).to.equal(before.totalShares + shares);

        await token.connect(alice).transferShares(bob, (after.shares[0] ?? 0n) - ALICE_SHARES);
      }
    });

    it("returns the balance change for any index, any dust and any shares [C9, I6]", async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.bigInt(MIN_INDEX, MAX_INDEX),
          fc.bigInt(0n, 2n ** 100n),
          fc.oneof(fc.bigInt(0n, 2n ** 100n), fc.bigInt(0n, 2n ** 200n)),
          async (sharesPerToken, held, shares) => {
            const { token, rebaser, bridge, carol } = await loadFixture(satelliteFixture);
            await token.connect(rebaser).sync(100, sharesPerToken, sharesPerToken, 0);
            await token.connect(bridge).bridgeMint(carol, held);
            const before = await token.balanceOf(carol);
            const { amount: preview } = await token.previewBridgeMint(carol, shares);
            const [returned] = await token.connect(bridge).bridgeMint.staticCall(carol, shares);
            await token.connect(bridge).bridgeMint(carol, shares);
            const change = (await token.balanceOf(carol)) - before;
            expect({ preview, returned }).to.deep.equal({ preview: change, returned: change });
            expect(change).to.equal((held + shares) / sharesPerToken - held / sharesPerToken);
          },
        ),
        propertyRuns(60),
      );
    });

    it("refuses no receiver but the zero address [B12]", async () => {
      const { token, bridge, alice } = await loadFixture(satelliteFixture);
      for (const shares of [0n, 1n, MaxUint256]) {
        await expect(token.connect(bridge).bridgeMint(ZeroAddress, shares))
          .to.be.revertedWithCustomError(token, "ERC20InvalidReceiver")
          .withArgs(ZeroAddress);
      }
      for (const receiver of [token, bridge, alice]) {
        await expect(
          token.connect(bridge).bridgeMint(receiver, 3n * ODD_INDEX),
        ).to.changeTokenBalance(token, receiver, 3n);
      }
    });

    describe("at home never exceeds the outstanding shares [C21, I24]", () => {
      for (const [title, beyond] of [
        ["one share", 1n],
        ["2^208 shares", 2n ** 208n],
        ["all that a word can say", MaxUint256 - ABROAD_SHARES],
      ] as const) {
        it(`by ${title}`, async () => {
          const { token, bridge, carol } = await loadFixture(homeWithOutstandingShares);
          await expect(token.connect(bridge).bridgeMint(carol, ABROAD_SHARES + beyond))
            .to.be.revertedWithCustomError(token, "SharesExceedOutstanding")
            .withArgs(ABROAD_SHARES + beyond, ABROAD_SHARES);
        });
      }

      it("accepts the last outstanding share, at once or one after the other", async () => {
        const { token, bridge, carol } = await loadFixture(homeWithOutstandingShares);
        expect(await token.previewBridgeMint(carol, ABROAD_SHARES)).to.deep.equal([
          ABROAD_AMOUNT,
          1n,
        ]);
        await token.connect(bridge).bridgeMint(carol, ABROAD_SHARES - 1n);
        expect(await token.balanceOf(carol)).to.equal(ABROAD_AMOUNT - 1n);
        await token.connect(bridge).bridgeMint(carol, 1n);
        expect(await token.balanceOf(carol)).to.equal(ABROAD_AMOUNT);
        expect(await token.totalShares()).to.equal(await token.issuedShares());
        await expect(token.connect(bridge).bridgeMint(carol, 1n))
          .to.be.revertedWithCustomError(token, "SharesExceedOutstanding")
          .withArgs(1n, 0n);
        await token.connect(bridge).bridgeMint(carol, 0n);
      });

      it("whatever was rebased, minted or burned meanwhile", async () => {
        const world = await loadFixture(homeWithOutstandingShares);
        const { token, bridge, issuer, bob, carol } = world;
        await rebaseNow(world, GROWN_INDEX);
        await token.connect(issuer).mint(bob, 1_000n);
        await token.connect(bob).approve(issuer, 77n);
        await token.connect(issuer).burn(bob, 77n);
        await rebaseNow(world, SHRUNK_INDEX);
        await expect(token.connect(bridge).bridgeMint(carol, ABROAD_SHARES + 1n))
          .to.be.revertedWithCustomError(token, "SharesExceedOutstanding")
          .withArgs(ABROAD_SHARES + 1n, ABROAD_SHARES);
        await token.connect(bridge).bridgeMint(carol, ABROAD_SHARES);
        expect(await token.sharesOf(carol)).to.equal(ABROAD_SHARES);
      });
    });

    describe("on a satellite is bounded by the largest share count [I14]", () => {
      const room = MAX_SHARES - ALICE_SHARES - BOB_SHARES;

      for (const [title, shares] of [
        ["one share more than there is room for", room + 1n],
        ["2^208 - 1 shares", MAX_SHARES],
        ["2^256 - 1 shares", MaxUint256],
      ] as const) {
        it(`refuses ${title}`, async () => {
          const { token, bridge, carol } = await loadFixture(satelliteFixture);
          await expect(token.connect(bridge).bridgeMint(carol, shares))
            .to.be.revertedWithCustomError(token, "SharesExceedRange")
            .withArgs(shares, room);
        });
      }

      it("accepts the last share, and keeps the totals consistent", async () => {
        const { token, bridge, alice, bob, carol } = await loadFixture(satelliteFixture);
        await token.connect(bridge).bridgeMint(carol, room);
        expect(await token.totalShares()).to.equal(MAX_SHARES);
        expect(await token.epoch()).to.equal(SATELLITE_EPOCH);
        expect(await token.isHome()).to.equal(false);
        expect((await holdingsOf(token, [alice, bob, carol])).shares).to.deep.equal([
          ALICE_SHARES,
          BOB_SHARES,
          room,
        ]);
        await expect(token.connect(bridge).bridgeMint(alice, 1n))
          .to.be.revertedWithCustomError(token, "SharesExceedRange")
          .withArgs(1n, 0n);
        await token.connect(carol).transferShares(alice, room);
        expect(await token.sharesOf(alice)).to.equal(ALICE_SHARES + room);
      });
    });
  });

  describe("previewBridgeMint", () => {
    for (const [where, fixture, epoch] of [
      ["at home", homeFixture, 1n],
      ["on a satellite", satelliteFixture, SATELLITE_EPOCH],
    ] as const) {
      it(`returns the value of any shares to a receiver, and the epoch, even beyond the limit, ${where}`, async () => {
        const { token, alice, carol } = await loadFixture(fixture);
        const sharesPerToken = await token.sharesPerToken();
        for (const receiver of [alice, carol]) {
          const held = await token.sharesOf(receiver);
          for (const shares of [0n, 1n, sharesPerToken, MAX_SHARES]) {
            expect(await token.previewBridgeMint(receiver, shares)).to.deep.equal([
              (held + shares) / sharesPerToken - held / sharesPerToken,
              epoch,
            ]);
          }
        }
      });
    }
  });

  describe("bridgeBurn", () => {
    for (const { title, sharesPerToken } of INDEXES) {
      it(`destroys the caller's units and returns amount x index shares and the epoch, at ${title}`, async () => {
        const world = await loadFixture(homeFixture);
        const { token, bridge, alice, bob } = world;
        await rebaseNow(world, sharesPerToken);
        const amount = (await token.balanceOf(alice)) / 3n;
        await token.connect(alice).transfer(bridge, amount);
        const before = await holdingsOf(token, [alice, bob, bridge]);
        const issued = await token.issuedShares();
        const shares = amount * sharesPerToken;
        expect(await token.connect(bridge).bridgeBurn.staticCall(amount)).to.deep.equal([
          shares,
          await token.epoch(),
        ]);

        const burn = await token.connect(bridge).bridgeBurn(amount);

        await expect(burn).to.emit(token, "Transfer").withArgs(bridge.address, ZeroAddress, amount);
        await expect(burn)
          .to.emit(token, "TransferShares")
          .withArgs(bridge.address, ZeroAddress, shares);
        expect(await holdingsOf(token, [alice, bob, bridge])).to.deep.equal({
          balances: [before.balances[0], before.balances[1], 0n],
          shares: [before.shares[0], before.shares[1], 0n],
          totalShares: before.totalShares - shares,
          totalSupply: before.totalSupply - amount,
        });
        expect(await token.issuedShares()).to.equal(issued);
      });
    }

    it("leaves donations on the bridge's account untouched [C26, I33]", async () => {
      const { token, bridge, alice, bob } = await loadFixture(satelliteFixture);
      const donation = 7n * ODD_INDEX + ODD_INDEX - 1n;
      await token.connect(bob).transferShares(bridge, donation);
      await token.connect(alice).transfer(bridge, 1_000n);
      const { shares } = await token.connect(bridge).bridgeBurn.staticCall(1_000n);
      expect(shares).to.equal(1_000n * ODD_INDEX);
      await token.connect(bridge).bridgeBurn(1_000n);
      expect(await token.sharesOf(bridge)).to.equal(donation);
    });

    for (const [title, amount] of [
      ["one unit more than the caller's", 11n],
      ["2^208 units", 2n ** 208n],
      ["2^256 - 1 units", MaxUint256],
    ] as const) {
      it(`refuses ${title} [A7, I14]`, async () => {
        const { token, bridge, alice } = await loadFixture(satelliteFixture);
        await token.connect(alice).transfer(bridge, 10n);
        await expect(token.connect(bridge).bridgeBurn(amount))
          .to.be.revertedWithCustomError(token, "ERC20InsufficientBalance")
          .withArgs(bridge.address, 10n, amount);
      });
    }

    it("calls nobody, and neither does bridgeMint: no one can move the receiver's balance meanwhile [C10]", async () => {
      const { token, bridge, alice, carol } = await loadFixture(satelliteFixture);
      await token.connect(alice).transfer(bridge, 10n);
      const [to, from] = [await token.getAddress(), bridge.address];
      for (const data of [
        token.interface.encodeFunctionData("bridgeBurn", [10n]),
        token.interface.encodeFunctionData("bridgeMint", [carol.address, 10n * ODD_INDEX]),
      ]) {
        const { operations, failed } = await operationsOf({ from, to, data });
        expect(failed).to.equal(false);
        // The proxy's own.
        const calls = operations.filter((one) => /CALL$|^CREATE/.test(one));
        if (!IS_INSTRUMENTED) expect(calls).to.deep.equal(["DELEGATECALL"]);
      }
    });

    it("of nothing is 0 shares", async () => {
      const { token, bridge } = await loadFixture(satelliteFixture);
      expect((await token.connect(bridge).bridgeBurn.staticCall(0n)).shares).to.equal(0n);
    });
  });

  describe("there and back", () => {
    for (const [title, next] of [
      ["nothing in between", GENESIS_INDEX],
      ["a positive rebase in between", GROWN_INDEX],
      ["a negative rebase in between", SHRUNK_INDEX],
    ] as const) {
      it(`brings the same shares, ${title} [I26]`, async () => {
        const world = await loadFixture(homeFixture);
        const { token, bridge, alice, carol } = world;
        const away = await sendAbroad(world, alice, 999n);
        await rebaseNow(world, next);
        await token.connect(bridge).bridgeMint(carol, away);
        expect(await token.sharesOf(carol)).to.equal(away);
        expect(await token.balanceOf(carol)).to.equal((999n * GENESIS_INDEX) / next);
        expect(await token.totalShares()).to.equal(await token.issuedShares());
      });
    }
  });

  describe("recoverShares", () => {
    const STRANDED = 5n * ODD_INDEX + ODD_INDEX - 1n;

    async function strandedFixture(): Promise<TokenWorld> {
      const world = await loadFixture(satelliteFixture);
      const { token, bridge } = world;
      await token.connect(bridge).bridgeMint(token, STRANDED);
      await token.connect(bridge).bridgeMint(bridge, STRANDED);
      return world;
    }

    for (const place of ["the token", "a bridge"] as const) {
      for (const [title, shares] of [
        ["no shares", 0n],
        ["one share", 1n],
        ["the shares of one unit", ODD_INDEX],
        ["all shares", STRANDED],
      ] as const) {
        it(`moves ${title} from ${place} [B6, B12]`, async () => {
          const { token, admin, bridge, bob } = await loadFixture(strandedFixture);
          const from = place === "the token" ? await token.getAddress() : bridge.address;
          const amount = (BOB_SHARES + shares) / ODD_INDEX - BOB_SHARES / ODD_INDEX;
          const before = await holdingsOf(token, [from, bob]);
          const recover = token.connect(admin).recoverShares;
          expect(await recover.staticCall(from, bob, shares)).to.equal(amount);

          const recovery = await recover(from, bob, shares);

          await expect(recovery)
            .to.emit(token, "SharesRecovered")
            .withArgs(from, bob.address, shares);
          await expect(recovery).to.emit(token, "Transfer").withArgs(from, bob.address, amount);
          await expect(recovery)
            .to.emit(token, "TransferShares")
            .withArgs(from, bob.address, shares);
          const after = await holdingsOf(token, [from, bob]);
          expect(after.shares).to.deep.equal([STRANDED - shares, BOB_SHARES + shares]);
          expect(after.totalShares).to.equal(before.totalShares);
        });
      }

      for (const [title, excess] of [
        ["one share more than lies", STRANDED + 1n],
        ["2^256 - 1 shares, more than lie", MaxUint256],
      ] as const) {
        it(`refuses ${title} on ${place}`, async () => {
          const { token, admin, bridge, bob } = await loadFixture(strandedFixture);
          const from = place === "the token" ? await token.getAddress() : bridge.address;
          await expect(token.connect(admin).recoverShares(from, bob, excess))
            .to.be.revertedWithCustomError(token, "InsufficientShares")
            .withArgs(from, STRANDED, excess);
        });
      }
    }

    it("is available to the admin over any holder through BRIDGE_ROLE, with an event for each step", async () => {
      const { token, admin, alice, bob } = await loadFixture(strandedFixture);
      const role = await token.BRIDGE_ROLE();
      const take = () => token.connect(admin).recoverShares(alice, bob, ALICE_SHARES);
      await expect(take())
        .to.be.revertedWithCustomError(token, "NotRecoverable")
        .withArgs(alice.address);

      await expect(token.connect(admin).grantRole(role, alice))
        .to.emit(token, "RoleGranted")
        .withArgs(role, alice.address, admin.address);
      await expect(take())
        .to.emit(token, "SharesRecovered")
        .withArgs(alice.address, bob.address, ALICE_SHARES);
      await token.connect(admin).revokeRole(role, alice);
      expect(await token.sharesOf(alice)).to.equal(0n);
      expect(await token.sharesOf(bob)).to.equal(BOB_SHARES + ALICE_SHARES);

      // No other account has the first step.
      await expect(token.connect(bob).grantRole(role, alice))
        .to.be.revertedWithCustomError(token, "AccessControlUnauthorizedAccount")
        .withArgs(bob.address, ZeroHash);
    });

    it("is not available to anyone else, including a bridge whose role was revoked [I10]", async () => {
      const { token, admin, bridge, alice, bob } = await loadFixture(strandedFixture);
      await token.connect(admin).revokeRole(ROLES.bridge, bridge);
      for (const from of [alice.address, admin.address, bridge.address, ZeroAddress]) {
        await expect(token.connect(admin).recoverShares(from, bob, 1n))
          .to.be.revertedWithCustomError(token, "NotRecoverable")
          .withArgs(from);
      }
    });

    it("refuses the zero address and the token itself as receivers", async () => {
      const { token, admin, bridge } = await loadFixture(strandedFixture);
      for (const receiver of [ZeroAddress, await token.getAddress()]) {
        await expect(token.connect(admin).recoverShares(bridge, receiver, 1n))
          .to.be.revertedWithCustomError(token, "ERC20InvalidReceiver")
          .withArgs(receiver);
      }
    });

    it("recovers what a message delivered to the token at home as well", async () => {
      const world = await loadFixture(homeWithOutstandingShares);
      const { token, admin, bridge, carol } = world;
      await token.connect(bridge).bridgeMint(token, ABROAD_SHARES);
      await fillDust(token, world.bob, carol, 1n);
      await token.connect(admin).recoverShares(token, carol, ABROAD_SHARES);
      expect(await token.sharesOf(carol)).to.equal(ABROAD_SHARES + 1n);
      expect(await token.sharesOf(token)).to.equal(0n);
    });
  });
});
