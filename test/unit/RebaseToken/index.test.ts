import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { MaxUint256, toBeHex } from "ethers";
import { ethers } from "hardhat";

import { loadFixture } from "../../shared/fixture";
import {
  DUSTS,
  GENESIS_INDEX,
  GROWN_INDEX,
  INDEXES,
  MAX_EFFECTIVE_AT,
  MAX_INDEX,
  MIN_INDEX,
  ODD_INDEX,
  SHRUNK_INDEX,
} from "../../shared/indexes";
import {
  ALICE_AMOUNT,
  ALICE_SHARES,
  BOB_SHARES,
  SATELLITE_EPOCH,
  fillDust,
  fixNextBlockTime,
  genesisFixture,
  holdingsOf,
  homeFixture,
  rebaseNow,
  satelliteFixture,
  scheduleIndex,
  unsyncedFixture,
} from "../../shared/tokenFixture";
import type { TokenWorld } from "../../shared/tokenFixture";

const DAY = 86_400;

const OUTSIDE_INDEXES = [
  { title: "0", outside: 0n },
  { title: "1", outside: 1n },
  { title: "one below the lowest", outside: MIN_INDEX - 1n },
  { title: "one above the highest", outside: MAX_INDEX + 1n },
  { title: "2^256 - 1", outside: MaxUint256 },
] as const;

describe("RebaseToken: the index", () => {
  describe("at home's genesis", () => {
    it("is 1e24 at epoch 1, with nothing pending", async () => {
      const { token } = await loadFixture(genesisFixture);
      expect(await token.isHome()).to.equal(true);
      expect(await token.epoch()).to.equal(1n);
      expect(await token.sharesPerToken()).to.equal(GENESIS_INDEX);
      expect(await token.indexState()).to.deep.equal([1n, GENESIS_INDEX, GENESIS_INDEX, 0n]);
      expect(await token.pendingRebase()).to.deep.equal([false, 0n, 0n]);
    });

    it("was announced like any other index", async () => {
      const { token } = await loadFixture(genesisFixture);
      const announced = await token.queryFilter(token.filters.Rebased());
      expect(announced.map(({ args }) => [...args])).to.deep.equal([
        [1n, GENESIS_INDEX, GENESIS_INDEX, 0n, 0n],
      ]);
    });
  });

  describe("rebase, at home", () => {
    it("gives the example of the documentation: +5 % on 100 tokens", async () => {
      const world = await loadFixture(genesisFixture);
      const { token, issuer, alice } = world;
      await token.connect(issuer).mint(alice, 100n * 10n ** 18n);
      expect(await token.sharesOf(alice)).to.equal(10n ** 44n);
      await rebaseNow(world, 952_380_952_380_952_380_952_381n);
      expect(await token.balanceOf(alice)).to.equal(104_999_999_999_999_999_999n);
      await token.connect(alice).transfer(issuer, 104_999_999_999_999_999_999n);
      expect(await token.balanceOf(alice)).to.equal(0n);
      expect(await token.sharesOf(alice)).to.equal(
        10n ** 44n - 104_999_999_999_999_999_999n * 952_380_952_380_952_380_952_381n,
      );
    });

    it("announces epoch, both indexes, the time and the shares of this chain", async () => {
      const world = await loadFixture(homeFixture);
      const { token, rebaser } = world;
      const totalShares = await token.totalShares();
      const at = await fixNextBlockTime();
      await expect(token.connect(rebaser).rebase(2, GROWN_INDEX, at))
        .to.emit(token, "Rebased")
        .withArgs(2n, GENESIS_INDEX, GROWN_INDEX, at, totalShares);
      expect(await token.indexState()).to.deep.equal([2n, GENESIS_INDEX, GROWN_INDEX, at]);
    });

    it("accepts exactly the next epoch", async () => {
      const { token, rebaser } = await loadFixture(homeFixture);
      for (const epoch of [0n, 1n, 3n, 2n ** 32n - 1n]) {
        await expect(token.connect(rebaser).rebase(epoch, GROWN_INDEX, MAX_EFFECTIVE_AT))
          .to.be.revertedWithCustomError(token, "UnexpectedEpoch")
          .withArgs(epoch, 2n);
      }
      await token.connect(rebaser).rebase(2, GROWN_INDEX, MAX_EFFECTIVE_AT);
      await expect(token.connect(rebaser).rebase(2, GROWN_INDEX, MAX_EFFECTIVE_AT))
        .to.be.revertedWithCustomError(token, "UnexpectedEpoch")
        .withArgs(2n, 3n);
    });

    for (const { title, outside } of OUTSIDE_INDEXES) {
      it(`refuses an index out of bounds: ${title} [A8, A14, E9, I14]`, async () => {
        const { token, rebaser } = await loadFixture(homeFixture);
        await expect(token.connect(rebaser).rebase(2, outside, MAX_EFFECTIVE_AT))
          .to.be.revertedWithCustomError(token, "SharesPerTokenOutOfBounds")
          .withArgs(outside, MIN_INDEX, MAX_INDEX);
      });
    }

    for (const [bound, next] of [
      ["lowest", MIN_INDEX],
      ["highest", MAX_INDEX],
    ] as const) {
      it(`accepts the ${bound} index, and the way back [A8, E9]`, async () => {
        const world = await loadFixture(homeFixture);
        const { token, alice } = world;
        await rebaseNow(world, next);
        expect(await token.sharesPerToken()).to.equal(next);
        expect(await token.balanceOf(alice)).to.equal((ALICE_AMOUNT * GENESIS_INDEX) / next);
        await rebaseNow(world, GENESIS_INDEX);
        expect(await token.balanceOf(alice)).to.equal(ALICE_AMOUNT);
      });
    }

    it("refuses a time before its own block", async () => {
      const { token, rebaser } = await loadFixture(homeFixture);
      for (const secondsAgo of [1n, 1_000n]) {
        const now = await fixNextBlockTime();
        await expect(token.connect(rebaser).rebase(2, GROWN_INDEX, now - secondsAgo))
          .to.be.revertedWithCustomError(token, "EffectiveAtOutOfBounds")
          .withArgs(now - secondsAgo, now, MAX_EFFECTIVE_AT);
      }
    });

    it("refuses a time that does not fit its field, and accepts the largest one [A8]", async () => {
      const { token, rebaser } = await loadFixture(homeFixture);
      await expect(token.connect(rebaser).rebase(2, GROWN_INDEX, MAX_EFFECTIVE_AT + 1n))
        .to.be.revertedWithCustomError(token, "EffectiveAtOutOfBounds")
        .withArgs(MAX_EFFECTIVE_AT + 1n, 0n, MAX_EFFECTIVE_AT);
      await token.connect(rebaser).rebase(2, GROWN_INDEX, MAX_EFFECTIVE_AT);
      expect(await token.pendingRebase()).to.deep.equal([true, GROWN_INDEX, MAX_EFFECTIVE_AT]);
    });

    it("takes effect at once in its own block", async () => {
      const world = await loadFixture(homeFixture);
      const { token, alice } = world;
      await rebaseNow(world, GROWN_INDEX);
      expect(await token.sharesPerToken()).to.equal(GROWN_INDEX);
      expect(await token.pendingRebase()).to.deep.equal([false, 0n, 0n]);
      expect(await token.balanceOf(alice)).to.equal((ALICE_AMOUNT * GENESIS_INDEX) / GROWN_INDEX);
    });

    it("is available on the home chain only", async () => {
      const { token, rebaser } = await loadFixture(satelliteFixture);
      await expect(
        token.connect(rebaser).rebase(SATELLITE_EPOCH + 1n, GROWN_INDEX, MAX_EFFECTIVE_AT),
      ).to.be.revertedWithCustomError(token, "NotHome");
    });

    it("works while nothing is issued [E8]", async () => {
      const world = await loadFixture(genesisFixture);
      await rebaseNow(world, SHRUNK_INDEX);
      expect(await world.token.sharesPerToken()).to.equal(SHRUNK_INDEX);
      expect(await world.token.totalSupply()).to.equal(0n);
    });
  });

  describe("sync, on a satellite", () => {
    it("applies the whole state and announces it", async () => {
      const { token, rebaser } = await loadFixture(satelliteFixture);
      const next = SATELLITE_EPOCH + 1n;
      await expect(token.connect(rebaser).sync(next, SHRUNK_INDEX, GROWN_INDEX, MAX_EFFECTIVE_AT))
        .to.emit(token, "Rebased")
        .withArgs(next, SHRUNK_INDEX, GROWN_INDEX, MAX_EFFECTIVE_AT, ALICE_SHARES + BOB_SHARES);
      expect(await token.indexState()).to.deep.equal([
        next,
        SHRUNK_INDEX,
        GROWN_INDEX,
        MAX_EFFECTIVE_AT,
      ]);
      expect(await token.sharesPerToken()).to.equal(SHRUNK_INDEX);
      expect(await token.pendingRebase()).to.deep.equal([true, GROWN_INDEX, MAX_EFFECTIVE_AT]);
    });

    it("accepts a time in the past: the rebase is already effective", async () => {
      const { token, rebaser } = await loadFixture(satelliteFixture);
      await token.connect(rebaser).sync(SATELLITE_EPOCH + 1n, SHRUNK_INDEX, GROWN_INDEX, 1);
      expect(await token.sharesPerToken()).to.equal(GROWN_INDEX);
      expect(await token.pendingRebase()).to.deep.equal([false, 0n, 0n]);
    });

    for (const skipped of [0n, 1n, 30n, 2n ** 32n - 2n - SATELLITE_EPOCH]) {
      it(`catches up with ${skipped} epochs skipped [D7]`, async () => {
        const { token, rebaser } = await loadFixture(satelliteFixture);
        const epoch = SATELLITE_EPOCH + 1n + skipped;
        await token.connect(rebaser).sync(epoch, GROWN_INDEX, GROWN_INDEX, 0);
        expect(await token.epoch()).to.equal(epoch);
        expect(await token.sharesPerToken()).to.equal(GROWN_INDEX);
      });
    }

    for (const [what, epoch] of [
      ["the epoch it is at", SATELLITE_EPOCH],
      ["an older epoch", SATELLITE_EPOCH - 1n],
      ["epoch 0", 0n],
    ] as const) {
      it(`refuses ${what}`, async () => {
        const { token, rebaser } = await loadFixture(satelliteFixture);
        await expect(token.connect(rebaser).sync(epoch, GROWN_INDEX, GROWN_INDEX, 0))
          .to.be.revertedWithCustomError(token, "StaleEpoch")
          .withArgs(epoch, SATELLITE_EPOCH);
      });
    }

    it("refuses epoch 0 also while unsynced", async () => {
      const { token, rebaser } = await loadFixture(unsyncedFixture);
      await expect(token.connect(rebaser).sync(0, GROWN_INDEX, GROWN_INDEX, 0))
        .to.be.revertedWithCustomError(token, "StaleEpoch")
        .withArgs(0n, 0n);
    });

    for (const { title, outside } of OUTSIDE_INDEXES) {
      it(`refuses an index out of bounds, before or after its time: ${title} [A8, A14]`, async () => {
        const { token, rebaser } = await loadFixture(satelliteFixture);
        for (const [current, next] of [
          [outside, GROWN_INDEX],
          [GROWN_INDEX, outside],
        ] as const) {
          await expect(token.connect(rebaser).sync(SATELLITE_EPOCH + 1n, current, next, 0))
            .to.be.revertedWithCustomError(token, "SharesPerTokenOutOfBounds")
            .withArgs(outside, MIN_INDEX, MAX_INDEX);
        }
      });
    }

    it("takes both bounds, without mixing them [A8]", async () => {
      const { token, rebaser } = await loadFixture(satelliteFixture);
      const at = MAX_EFFECTIVE_AT;
      await token.connect(rebaser).sync(SATELLITE_EPOCH + 1n, MIN_INDEX, MAX_INDEX, at);
      expect((await token.indexState()).slice(1)).to.deep.equal([MIN_INDEX, MAX_INDEX, at]);
      await token.connect(rebaser).sync(SATELLITE_EPOCH + 2n, MAX_INDEX, MIN_INDEX, at);
      expect((await token.indexState()).slice(1)).to.deep.equal([MAX_INDEX, MIN_INDEX, at]);
    });

    it("refuses a time that does not fit its field", async () => {
      const { token, rebaser } = await loadFixture(satelliteFixture);
      for (const at of [MAX_EFFECTIVE_AT + 1n, MaxUint256]) {
        await expect(
          token.connect(rebaser).sync(SATELLITE_EPOCH + 1n, GROWN_INDEX, GROWN_INDEX, at),
        )
          .to.be.revertedWithCustomError(token, "EffectiveAtOutOfBounds")
          .withArgs(at, 0n, MAX_EFFECTIVE_AT);
      }
    });

    it("is available on satellites only", async () => {
      const { token, rebaser } = await loadFixture(homeFixture);
      await expect(
        token.connect(rebaser).sync(2, GENESIS_INDEX, GROWN_INDEX, 0),
      ).to.be.revertedWithCustomError(token, "NotSatellite");
    });
  });

  for (const [where, fixture] of [
    ["at home", homeFixture],
    ["on a satellite", satelliteFixture],
  ] as const) {
    describe(`while a rebase is pending, ${where}`, () => {
      it("takes effect in exactly the second of effectiveAt [E6]", async () => {
        const world = await loadFixture(fixture);
        const { token, alice } = world;
        const before = await token.sharesPerToken();
        const shares = await token.sharesOf(alice);
        const effectiveAt = await scheduleIndex(world, GROWN_INDEX);
        expect(await token.pendingRebase()).to.deep.equal([true, GROWN_INDEX, effectiveAt]);

        await time.increaseTo(effectiveAt - 1n);
        const last = await time.latestBlock();
        expect(await token.sharesPerToken({ blockTag: last })).to.equal(before);
        expect(await token.balanceOf(alice, { blockTag: last })).to.equal(shares / before);
        expect(await token.pendingRebase({ blockTag: last })).to.deep.equal([
          true,
          GROWN_INDEX,
          effectiveAt,
        ]);

        await time.increaseTo(effectiveAt);
        const first = await time.latestBlock();
        expect(first).to.equal(last + 1);
        expect(await token.sharesPerToken({ blockTag: first })).to.equal(GROWN_INDEX);
        expect(await token.balanceOf(alice, { blockTag: first })).to.equal(shares / GROWN_INDEX);
        expect(await token.pendingRebase({ blockTag: first })).to.deep.equal([false, 0n, 0n]);
      });

      it("moves a transfer's shares at the index of the transfer's block", async () => {
        const world = await loadFixture(fixture);
        const { token, alice, carol } = world;
        const before = await token.sharesPerToken();
        const effectiveAt = await scheduleIndex(world, GROWN_INDEX);

        await time.setNextBlockTimestamp(effectiveAt - 1n);
        await token.connect(alice).transfer(carol, 1_000n);
        expect(await token.sharesOf(carol)).to.equal(1_000n * before);

        await time.setNextBlockTimestamp(effectiveAt);
        await token.connect(alice).transfer(carol, 1_000n);
        expect(await token.sharesOf(carol)).to.equal(1_000n * before + 1_000n * GROWN_INDEX);
      });
    });

    describe(`fairness, ${where}`, () => {
      for (const next of INDEXES) {
        it(`a rebase to ${next.title} changes no account's shares and emits no Transfer [B4, E3, I12]`, async () => {
          const world = await loadFixture(fixture);
          const { token, alice, bob, carol } = world;
          const people = [alice, bob, carol];
          const before = await holdingsOf(token, people);

          const effectiveAt = await scheduleIndex(world, next.sharesPerToken, 100);
          const fromBlock = await time.latestBlock();
          await time.increaseTo(effectiveAt);

          const after = await holdingsOf(token, people);
          expect(after.shares).to.deep.equal(before.shares);
          expect(after.totalShares).to.equal(before.totalShares);
          expect(after.balances).to.deep.equal(
            before.shares.map((shares) => shares / next.sharesPerToken),
          );
          expect(after.totalSupply).to.equal(before.totalShares / next.sharesPerToken);
          const logs = await ethers.provider.getLogs({ fromBlock });
          expect(logs.map((log) => token.interface.parseLog(log)?.name)).to.deep.equal(["Rebased"]);
        });
      }
    });
  }

  describe("a newer rebase, while one is pending at home", () => {
    it("replaces it: the new index is computed from the current one, not from the pending one", async () => {
      const world = await loadFixture(homeFixture);
      const { token, rebaser } = world;
      const first = await scheduleIndex(world, GROWN_INDEX, DAY);
      const second = first - 100n;
      await expect(token.connect(rebaser).rebase(3, ODD_INDEX, second))
        .to.emit(token, "Rebased")
        .withArgs(3n, GENESIS_INDEX, ODD_INDEX, second, await token.totalShares());

      await time.increaseTo(second - 1n);
      expect(await token.sharesPerToken()).to.equal(GENESIS_INDEX);
      await time.increaseTo(second);
      expect(await token.sharesPerToken()).to.equal(ODD_INDEX);
      await time.increaseTo(first);
      expect(await token.sharesPerToken()).to.equal(ODD_INDEX);
    });

    it("may postpone it", async () => {
      const world = await loadFixture(homeFixture);
      const { token, rebaser } = world;
      const first = await scheduleIndex(world, GROWN_INDEX);
      await token.connect(rebaser).rebase(3, GROWN_INDEX, first + 100n);
      await time.increaseTo(first + 99n);
      expect(await token.sharesPerToken()).to.equal(GENESIS_INDEX);
      await time.increaseTo(first + 100n);
      expect(await token.sharesPerToken()).to.equal(GROWN_INDEX);
    });

    it("cancels it by setting the current index [E13]", async () => {
      const world = await loadFixture(homeFixture);
      const { token } = world;
      const effectiveAt = await scheduleIndex(world, GROWN_INDEX);
      await rebaseNow(world, await token.sharesPerToken());
      expect(await token.pendingRebase()).to.deep.equal([false, 0n, 0n]);
      await time.increaseTo(effectiveAt);
      expect(await token.sharesPerToken()).to.equal(GENESIS_INDEX);
      expect(await token.epoch()).to.equal(3n);
    });

    for (const [when, offset, current] of [
      ["one second before effectiveAt: replaced", -1n, GENESIS_INDEX],
      ["exactly at effectiveAt: it counted, and is built upon", 0n, GROWN_INDEX],
      ["one second after effectiveAt: it counted, and is built upon", 1n, GROWN_INDEX],
    ] as const) {
      it(`comes ${when}`, async () => {
        const world = await loadFixture(homeFixture);
        const { token, rebaser } = world;
        const effectiveAt = await scheduleIndex(world, GROWN_INDEX);
        await time.setNextBlockTimestamp(effectiveAt + offset);
        await token.connect(rebaser).rebase(3, ODD_INDEX, effectiveAt + 100n);
        expect(await token.indexState()).to.deep.equal([
          3n,
          current,
          ODD_INDEX,
          effectiveAt + 100n,
        ]);
        expect(await token.sharesPerToken()).to.equal(current);
      });
    }
  });

  describe("a newer sync, while one is pending on a satellite", () => {
    it("replaces both indexes, whichever was in effect", async () => {
      const world = await loadFixture(satelliteFixture);
      const { token, rebaser } = world;
      const effectiveAt = await scheduleIndex(world, GROWN_INDEX);
      await time.increaseTo(effectiveAt);
      // Home had replaced the rebase before it counted: the satellite follows, also back.
      await token
        .connect(rebaser)
        .sync(SATELLITE_EPOCH + 2n, ODD_INDEX, SHRUNK_INDEX, effectiveAt + 100n);
      expect(await token.sharesPerToken()).to.equal(ODD_INDEX);
      await time.increaseTo(effectiveAt + 100n);
      expect(await token.sharesPerToken()).to.equal(SHRUNK_INDEX);
    });
  });

  describe("on an unsynced satellite", () => {
    it("is undefined: every balance and every value of the state reads 0", async () => {
      const { token, alice } = await loadFixture(unsyncedFixture);
      expect(await token.isHome()).to.equal(false);
      expect(await token.epoch()).to.equal(0n);
      expect(await token.sharesPerToken()).to.equal(0n);
      expect(await token.indexState()).to.deep.equal([0n, 0n, 0n, 0n]);
      expect(await token.pendingRebase()).to.deep.equal([false, 0n, 0n]);
      expect(await token.balanceOf(alice)).to.equal(0n);
      expect(await token.totalSupply()).to.equal(0n);
      expect(await token.totalShares()).to.equal(0n);
    });

    const uses: readonly [
      title: string,
      use: (world: TokenWorld, v: bigint) => Promise<unknown>,
    ][] = [
      ["transfer", ({ token, alice, bob }, v) => token.connect(alice).transfer(bob, v)],
      ["transferShares", ({ token, alice, bob }, v) => token.connect(alice).transferShares(bob, v)],
      ["bridgeMint", ({ token, bridge, bob }, v) => token.connect(bridge).bridgeMint(bob, v)],
      ["bridgeBurn", ({ token, bridge }, v) => token.connect(bridge).bridgeBurn(v)],
      [
        "recoverShares",
        ({ token, admin, bridge, bob }, v) => token.connect(admin).recoverShares(bridge, bob, v),
      ],
      ["previewBridgeMint", ({ token, bob }, v) => token.previewBridgeMint(bob, v)],
      ["toShares", ({ token }, v) => token.toShares(v)],
      ["toTokens", ({ token }, v) => token.toTokens(v)],
    ];
    for (const [title, use] of uses) {
      it(`${title} reverts with Unsynced, also for 0 [A14]`, async () => {
        const world = await loadFixture(unsyncedFixture);
        for (const value of [0n, 1n]) {
          await expect(use(world, value)).to.be.revertedWithCustomError(world.token, "Unsynced");
        }
      });
    }

    it("transferFrom reverts with Unsynced, also for 0", async () => {
      const { token, alice, bob } = await loadFixture(unsyncedFixture);
      await token.connect(alice).approve(bob, 1n);
      for (const value of [0n, 1n]) {
        await expect(
          token.connect(bob).transferFrom(alice, bob, value),
        ).to.be.revertedWithCustomError(token, "Unsynced");
      }
    });

    it("is set by the first sync, at any epoch of home", async () => {
      const { token, rebaser, bridge, alice } = await loadFixture(unsyncedFixture);
      await expect(token.connect(rebaser).sync(41, SHRUNK_INDEX, GROWN_INDEX, MAX_EFFECTIVE_AT))
        .to.emit(token, "Rebased")
        .withArgs(41n, SHRUNK_INDEX, GROWN_INDEX, MAX_EFFECTIVE_AT, 0n);
      expect(await token.epoch()).to.equal(41n);
      await token.connect(bridge).bridgeMint(alice, 2n * SHRUNK_INDEX);
      expect(await token.balanceOf(alice)).to.equal(2n);
    });
  });

  describe("monotony", () => {
    for (const [direction, next, compare] of [
      ["positive", GROWN_INDEX, "at least"],
      ["negative", SHRUNK_INDEX, "at most"],
    ] as const) {
      for (const dust of DUSTS) {
        it(`a ${direction} rebase leaves every balance ${compare} as it was, ${dust.title} [I13]`, async () => {
          const world = await loadFixture(homeFixture);
          const { token, alice, bob } = world;
          await fillDust(token, alice, bob, dust.of(GENESIS_INDEX));
          const before = await holdingsOf(token, [alice, bob]);
          await rebaseNow(world, next);
          const after = await holdingsOf(token, [alice, bob]);
          for (const [holder, balance] of before.balances.entries()) {
            if (direction === "positive") expect(after.balances[holder]).to.be.at.least(balance);
            else expect(after.balances[holder]).to.be.at.most(balance);
          }
        });
      }
    }

    it("a rebase to the same index changes no balance, and counts as an epoch [E10, I13]", async () => {
      const world = await loadFixture(homeFixture);
      const { token, alice, bob } = world;
      const before = await holdingsOf(token, [alice, bob]);
      await rebaseNow(world, GENESIS_INDEX);
      expect(await holdingsOf(token, [alice, bob])).to.deep.equal(before);
      expect(await token.epoch()).to.equal(2n);
    });
  });

  describe("cost", () => {
    it("is the same for 2 and for 1,000 holders, to the unit of gas", async () => {
      const gasOfRebase = async ({ token, rebaser }: TokenWorld): Promise<bigint | undefined> => {
        const rebase = await token.connect(rebaser).rebase(2, GROWN_INDEX, MAX_EFFECTIVE_AT);
        return (await rebase.wait())?.gasUsed;
      };
      const withTwoHolders = await gasOfRebase(await loadFixture(homeFixture));

      const world = await loadFixture(homeFixture);
      const mint = world.token.connect(world.issuer).mint;
      for (let holder = 2; holder < 1_000; holder++) {
        await mint(toBeHex(0x10000 + holder, 20), 1n, { gasLimit: 200_000 });
      }
      expect(await gasOfRebase(world)).to.equal(withTwoHolders);
    });
  });
});
