import { mine, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { MaxUint256, ZeroAddress, ZeroHash, formatUnits, id, parseUnits } from "ethers";
import fc from "fast-check";
import { ethers, network } from "hardhat";

import { RebaseController__factory, TimelockController__factory } from "../../../typechain-types";
import type { RebaseController } from "../../../typechain-types";
import { CONFIG, UNCHANGED, controllerFixture, nextEpoch } from "../../shared/controllerFixture";
import type { ControllerWorld } from "../../shared/controllerFixture";
import { ADMIN_DELAY_SECONDS, deployRebaseToken } from "../../shared/deployRebaseToken";
import { loadFixture } from "../../shared/fixture";
import { GENESIS_INDEX, MAX_INDEX, MIN_INDEX } from "../../shared/indexes";
import { propertyRuns } from "../../shared/propertyRuns";
import { adminRulesRows, missingRole, shouldAllowExactly } from "../../shared/rolesTable";
import type { RolesWorld } from "../../shared/rolesTable";

const OPERATOR_ROLE = id("REBASE_OPERATOR_ROLE");
const SOMEONE = "0x000000000000000000000000000000000000dEaD";

describe("RebaseController", () => {
  describe("construction", () => {
    it("sets the token, the configuration and the admin", async () => {
      const { controller, token, admin } = await loadFixture(controllerFixture);
      expect(await controller.getToken()).to.equal(await token.getAddress());
      expect(await controller.getConfig()).to.deep.equal(Object.values(CONFIG));
      expect(await controller.defaultAdmin()).to.equal(admin.address);
      expect(await controller.defaultAdminDelay()).to.equal(ADMIN_DELAY_SECONDS);
      expect(await controller.UNCHANGED()).to.equal(UNCHANGED);
      expect(await controller.REBASE_OPERATOR_ROLE()).to.equal(OPERATOR_ROLE);
      await expect(controller.deploymentTransaction())
        .to.emit(controller, "ConfigSet")
        .withArgs(Object.values(CONFIG));
    });

    it("refuses the token of a satellite", async () => {
      const { controller, admin } = await loadFixture(controllerFixture);
      const satellite = await deployRebaseToken(admin, { isHome: false });
      await expect(
        new RebaseController__factory(admin).deploy(satellite, CONFIG, admin, ADMIN_DELAY_SECONDS),
      )
        .to.be.revertedWithCustomError(controller, "NotHomeToken")
        .withArgs(await satellite.getAddress());
    });

    it("refuses to be without an admin", async () => {
      const { controller, token, admin } = await loadFixture(controllerFixture);
      await expect(
        new RebaseController__factory(admin).deploy(token, CONFIG, ZeroAddress, 0),
      ).to.be.revertedWithCustomError(controller, "AccessControlInvalidDefaultAdmin");
    });
  });

  describe("configuration", () => {
    const cases: { what: string; change: Partial<typeof CONFIG>; valid: boolean }[] = [
      { what: "a lowest factor of 0", change: { minGrowthFactor: 0n }, valid: false },
      { what: "a lowest factor of 1 / 1e27", change: { minGrowthFactor: 1n }, valid: true },
      { what: "no loss at all", change: { minGrowthFactor: UNCHANGED }, valid: true },
      { what: "a smallest gain", change: { minGrowthFactor: UNCHANGED + 1n }, valid: false },
      { what: "no gain at all", change: { maxGrowthFactor: UNCHANGED }, valid: true },
      { what: "a smallest loss", change: { maxGrowthFactor: UNCHANGED - 1n }, valid: false },
      { what: "the largest factor", change: { maxGrowthFactor: 2n ** 96n - 1n }, valid: true },
      { what: "a default delay of maxDelay", change: { delay: CONFIG.maxDelay }, valid: true },
      {
        what: "a default delay above maxDelay",
        change: { delay: CONFIG.maxDelay + 1n },
        valid: false,
      },
      { what: "no delay", change: { delay: 0n, maxDelay: 0n }, valid: true },
      { what: "no interval", change: { minInterval: 0n }, valid: true },
    ];

    for (const { what, change, valid } of cases) {
      it(`${valid ? "accepts" : "refuses"} ${what}, when set as when deployed`, async () => {
        const { controller, token, admin } = await loadFixture(controllerFixture);
        const config = { ...CONFIG, ...change };
        const set = (): Promise<unknown> => controller.setConfig(config);
        const deploy = (): Promise<RebaseController> =>
          new RebaseController__factory(admin).deploy(token, config, admin, 0);
        if (valid) {
          await expect(set()).to.emit(controller, "ConfigSet").withArgs(Object.values(config));
          expect(await controller.getConfig()).to.deep.equal(Object.values(config));
          expect(await (await deploy()).getConfig()).to.deep.equal(Object.values(config));
        } else {
          for (const attempt of [set, deploy]) {
            await expect(attempt())
              .to.be.revertedWithCustomError(controller, "InvalidConfig")
              .withArgs(Object.values(config));
          }
          expect(await controller.getConfig()).to.deep.equal(Object.values(CONFIG));
        }
      });
    }
  });

  describe("the index after a growth factor", () => {
    it("is 952380952380952380952381 for +5 % at genesis, and then 104.99… of 100 tokens", async () => {
      const { controller, token, operator, holder, thirdParty } =
        await loadFixture(controllerFixture);
      await token.connect(holder).transfer(thirdParty, parseUnits("100"));
      const growth = (105n * UNCHANGED) / 100n;
      expect(await controller.previewSharesPerToken(growth)).to.equal(952380952380952380952381n);

      await controller.connect(operator).rebase(growth, await nextEpoch(controller));
      await time.increase(CONFIG.delay);
      expect(await token.sharesPerToken()).to.equal(952380952380952380952381n);
      expect(await token.sharesOf(thirdParty)).to.equal(10n ** 44n);
      expect(await token.balanceOf(thirdParty)).to.equal(104999999999999999999n);
    });

    const indexes: [factor: bigint, index: bigint, why: string][] = [
      [UNCHANGED, GENESIS_INDEX, "nothing to round"],
      [2n * UNCHANGED, GENESIS_INDEX / 2n, "nothing to round"],
      [UNCHANGED / 2n, GENESIS_INDEX * 2n, "nothing to round"],
      [3n * UNCHANGED, 333333333333333333333334n, "one third, up"],
      [UNCHANGED - 1n, GENESIS_INDEX + 1n, "the smallest loss costs one"],
      [UNCHANGED + 1n, GENESIS_INDEX, "the smallest gain is rounded away"],
      [1n, GENESIS_INDEX * UNCHANGED, "beyond what the token takes"],
      [MaxUint256, 1n, "never 0"],
    ];
    for (const [factor, index, why] of indexes) {
      it(`is ${index} for a factor of ${formatUnits(factor, 27)}: ${why}`, async () => {
        const { controller } = await loadFixture(controllerFixture);
        expect(await controller.previewSharesPerToken(factor)).to.equal(index);
      });
    }

    it("does not exist for a factor of 0", async () => {
      const { controller } = await loadFixture(controllerFixture);
      await expect(controller.previewSharesPerToken(0)).to.be.revertedWithPanic(0x12);
    });

    it("never lets the supply exceed the exact product, nor fall short by more than rounding", async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.bigInt(CONFIG.minGrowthFactor, CONFIG.maxGrowthFactor),
          fc.bigInt(CONFIG.minGrowthFactor, CONFIG.maxGrowthFactor),
          async (first, second) => {
            const { controller, token, operator } = await loadFixture(controllerFixture);
            for (const factor of [first, second]) {
              const [shares, before] = await Promise.all([
                token.totalShares(),
                token.sharesPerToken(),
              ]);
              await controller.connect(operator).rebase(factor, await nextEpoch(controller));
              await time.increase(CONFIG.delay);

              // Exactly: shares * factor / (before * 1e27), compared without dividing.
              const supply = await token.totalSupply();
              expect(supply * before * UNCHANGED <= shares * factor).to.equal(true);
              const slack = 2n + supply / before;
              expect((supply + slack) * before * UNCHANGED > shares * factor).to.equal(true);
              await time.increase(CONFIG.minInterval);
            }
          },
        ),
        propertyRuns(25),
      );
    });
  });

  describe("a rebase", () => {
    it("takes effect after the configured delay, and emits that time when it is scheduled", async () => {
      const { controller, token, operator, holder } = await loadFixture(controllerFixture);
      const now = await nextTimestamp();
      const factor = (101n * UNCHANGED) / 100n;
      const next = await controller.previewSharesPerToken(factor);
      const before = await token.balanceOf(holder);

      await time.setNextBlockTimestamp(now);
      await expect(controller.connect(operator).rebase(factor, await nextEpoch(controller)))
        .to.emit(controller, "RebaseScheduled")
        .withArgs(2, factor, next, now + CONFIG.delay)
        .and.to.emit(token, "Rebased")
        .withArgs(2, GENESIS_INDEX, next, now + CONFIG.delay, await token.totalShares());

      await time.increaseTo(now + CONFIG.delay - 1n);
      expect(await token.balanceOf(holder)).to.equal(before);
      expect(await token.pendingRebase()).to.deep.equal([true, next, now + CONFIG.delay]);

      await time.increaseTo(now + CONFIG.delay);
      expect(await token.sharesPerToken()).to.equal(next);
      expect(await token.balanceOf(holder)).to.equal((before * GENESIS_INDEX) / next);
      expect(await token.pendingRebase()).to.deep.equal([false, 0n, 0n]);
    });

    const factors: [factor: bigint, allowed: boolean][] = [
      [0n, false],
      [CONFIG.minGrowthFactor - 1n, false],
      [CONFIG.minGrowthFactor, true],
      [UNCHANGED, true],
      [CONFIG.maxGrowthFactor, true],
      [CONFIG.maxGrowthFactor + 1n, false],
      [MaxUint256, false],
    ];
    for (const [factor, allowed] of factors) {
      it(`${allowed ? "accepts" : "refuses"} a factor of ${formatUnits(factor, 27)} [E1, I17]`, async () => {
        const { controller, token, operator } = await loadFixture(controllerFixture);
        const attempt = controller.connect(operator).rebase(factor, await nextEpoch(controller));
        if (allowed) {
          await attempt;
          expect(await token.epoch()).to.equal(2n);
        } else {
          await expect(attempt)
            .to.be.revertedWithCustomError(controller, "GrowthFactorOutOfBounds")
            .withArgs(factor, CONFIG.minGrowthFactor, CONFIG.maxGrowthFactor);
          expect(await controller.earliestEffectiveAt()).to.equal(0n);
        }
      });
    }

    const delays: [delay: bigint, allowed: boolean][] = [
      [0n, true],
      [1n, true],
      [CONFIG.delay, true],
      [CONFIG.maxDelay, true],
      [CONFIG.maxDelay + 1n, false],
      [MaxUint256, false],
    ];
    for (const [delay, allowed] of delays) {
      it(`${allowed ? "accepts" : "refuses"} a delay of ${delay} s`, async () => {
        const { controller, token, operator } = await loadFixture(controllerFixture);
        const now = await nextTimestamp();
        await time.setNextBlockTimestamp(now);
        const attempt = controller
          .connect(operator)
          .rebaseAfter(UNCHANGED, delay, await nextEpoch(controller));
        if (allowed) {
          await attempt;
          expect((await token.indexState()).effectiveAt).to.equal(now + delay);
          expect((await token.pendingRebase()).pending).to.equal(delay > 0n);
        } else {
          await expect(attempt)
            .to.be.revertedWithCustomError(controller, "DelayTooLong")
            .withArgs(delay, CONFIG.maxDelay);
        }
      });
    }

    /** Delays that the configured one of an hour is compared with, and whether a factor may have them. */
    const early: [factor: bigint, delay: bigint, allowed: boolean][] = [
      [CONFIG.maxGrowthFactor, 0n, false],
      [CONFIG.maxGrowthFactor, CONFIG.delay - 1n, false],
      [CONFIG.maxGrowthFactor, CONFIG.delay, true],
      [CONFIG.maxGrowthFactor, CONFIG.delay + 1n, true],
      [UNCHANGED + 1n, 0n, false],
      [UNCHANGED + 1n, CONFIG.delay - 1n, false],
      [UNCHANGED + 1n, CONFIG.delay, true],
      [UNCHANGED, 0n, true],
      [UNCHANGED - 1n, 0n, true],
      [CONFIG.minGrowthFactor, 0n, true],
    ];
    for (const [factor, delay, allowed] of early) {
      const what = `a factor of ${formatUnits(factor, 27)} after ${delay} s`;
      it(`${allowed ? "accepts" : "refuses"} ${what}, from the operator and from the admin [E12]`, async () => {
        const world = await loadFixture(controllerFixture);
        const { controller, token, operator } = world;
        const byOperator = controller
          .connect(operator)
          .rebaseAfter(factor, delay, await nextEpoch(controller));
        if (allowed) await expect(byOperator).to.emit(controller, "RebaseScheduled");
        else {
          await expect(byOperator)
            .to.be.revertedWithCustomError(controller, "DelayTooShort")
            .withArgs(delay, CONFIG.delay);
          expect(await token.epoch()).to.equal(1n);
          await schedule(world, CONFIG.delay);
        }
        if (!(await token.pendingRebase()).pending) return;

        const byAdmin = controller.replacePending(factor, delay, await nextEpoch(controller));
        if (allowed) await expect(byAdmin).to.emit(controller, "RebaseScheduled");
        else {
          await expect(byAdmin)
            .to.be.revertedWithCustomError(controller, "DelayTooShort")
            .withArgs(delay, CONFIG.delay);
        }
      });
    }

    it("reverts at the token's own bounds without changing the controller [E9]", async () => {
      const { controller, token, operator } = await loadFixture(controllerFixture);
      await controller.setConfig({ ...CONFIG, minGrowthFactor: 1n });
      const beyond = UNCHANGED / 80_000n;
      await expect(controller.connect(operator).rebaseAfter(beyond, 0, await nextEpoch(controller)))
        .to.be.revertedWithCustomError(token, "SharesPerTokenOutOfBounds")
        .withArgs(80_000n * GENESIS_INDEX, MIN_INDEX, MAX_INDEX);
      expect(await controller.earliestEffectiveAt()).to.equal(0n);
      await controller
        .connect(operator)
        .rebaseAfter(UNCHANGED / 50_000n, 0, await nextEpoch(controller));
      expect(await token.sharesPerToken()).to.equal(50_000n * GENESIS_INDEX);
    });

    for (const factor of [UNCHANGED, UNCHANGED + 1n]) {
      it(`by ${formatUnits(factor, 27)} leaves the index unchanged, and is an epoch like any other [E10]`, async () => {
        const { controller, token, operator } = await loadFixture(controllerFixture);
        await expect(controller.connect(operator).rebase(factor, await nextEpoch(controller)))
          .to.emit(controller, "RebaseScheduled")
          .withArgs(2, factor, GENESIS_INDEX, (effectiveAt: bigint) => effectiveAt > 0n);
        const { epoch_, next, effectiveAt } = await token.indexState();
        expect([epoch_, next]).to.deep.equal([2n, GENESIS_INDEX]);
        expect(await controller.earliestEffectiveAt()).to.equal(effectiveAt + CONFIG.minInterval);
      });
    }

    it("works on an empty supply and on a paused token [E8, E11]", async () => {
      const { admin, operator } = await loadFixture(controllerFixture);
      const token = await deployRebaseToken(admin, { isHome: true });
      const controller = await new RebaseController__factory(admin).deploy(token, CONFIG, admin, 0);
      await token.grantRole(await token.REBASER_ROLE(), controller);
      await token.grantRole(await token.GUARDIAN_ROLE(), admin);
      await controller.grantRole(OPERATOR_ROLE, operator);
      await token.pause();
      await controller
        .connect(operator)
        .rebase(CONFIG.maxGrowthFactor, await nextEpoch(controller));
      expect(await token.epoch()).to.equal(2n);
      expect(await token.totalSupply()).to.equal(0n);
    });

    it("requires the role on the token", async () => {
      const { controller, token, operator } = await loadFixture(controllerFixture);
      const role = await token.REBASER_ROLE();
      await token.revokeRole(role, controller);
      await expect(controller.connect(operator).rebase(UNCHANGED, await nextEpoch(controller)))
        .to.be.revertedWithCustomError(token, "AccessControlUnauthorizedAccount")
        .withArgs(await controller.getAddress(), role);
    });
  });

  describe("the interval", () => {
    it("does not apply to the first rebase", async () => {
      const { controller } = await loadFixture(controllerFixture);
      expect(await controller.earliestEffectiveAt()).to.equal(0n);
    });

    for (const delay of [0n, CONFIG.delay, CONFIG.maxDelay]) {
      it(`runs from schedule to schedule when both rebases are delayed by ${delay} s [E2, I17]`, async () => {
        const { controller, operator } = await loadFixture(controllerFixture);
        const first = await nextTimestamp();
        await time.setNextBlockTimestamp(first);
        await controller
          .connect(operator)
          .rebaseAfter(UNCHANGED, delay, await nextEpoch(controller));
        const earliest = first + delay + CONFIG.minInterval;
        expect(await controller.earliestEffectiveAt()).to.equal(earliest);

        await time.setNextBlockTimestamp(first + CONFIG.minInterval - 1n);
        await expect(
          controller.connect(operator).rebaseAfter(UNCHANGED, delay, await nextEpoch(controller)),
        )
          .to.be.revertedWithCustomError(controller, "IntervalNotElapsed")
          .withArgs(earliest - 1n, earliest);
        await time.setNextBlockTimestamp(first + CONFIG.minInterval);
        await controller
          .connect(operator)
          .rebaseAfter(UNCHANGED, delay, await nextEpoch(controller));
      });
    }

    it("applies to the times of effect, not to the times of scheduling", async () => {
      const { controller, token, operator } = await loadFixture(controllerFixture);
      const first = await nextTimestamp();
      await time.setNextBlockTimestamp(first);
      await controller.connect(operator).rebaseAfter(UNCHANGED, 0, await nextEpoch(controller));

      const decided = first + CONFIG.minInterval - CONFIG.maxDelay;
      await time.setNextBlockTimestamp(decided);
      await controller
        .connect(operator)
        .rebaseAfter(UNCHANGED, CONFIG.maxDelay, await nextEpoch(controller));
      expect((await token.indexState()).effectiveAt).to.equal(first + CONFIG.minInterval);
    });

    it("does not allow an early rebase after a late one", async () => {
      const { controller, operator } = await loadFixture(controllerFixture);
      const first = await nextTimestamp();
      await time.setNextBlockTimestamp(first);
      await controller
        .connect(operator)
        .rebaseAfter(UNCHANGED, CONFIG.maxDelay, await nextEpoch(controller));

      await time.setNextBlockTimestamp(first + CONFIG.minInterval);
      await expect(
        controller.connect(operator).rebaseAfter(UNCHANGED, 0, await nextEpoch(controller)),
      )
        .to.be.revertedWithCustomError(controller, "IntervalNotElapsed")
        .withArgs(first + CONFIG.minInterval, first + CONFIG.maxDelay + CONFIG.minInterval);
    });

    it("follows the configuration, also after an earlier rebase", async () => {
      const { controller, operator } = await loadFixture(controllerFixture);
      const first = await nextTimestamp();
      await time.setNextBlockTimestamp(first);
      await controller.connect(operator).rebaseAfter(UNCHANGED, 0, await nextEpoch(controller));
      await controller.setConfig({ ...CONFIG, minInterval: 10n });
      expect(await controller.earliestEffectiveAt()).to.equal(first + 10n);
      await time.setNextBlockTimestamp(first + 10n);
      await controller.connect(operator).rebaseAfter(UNCHANGED, 0, await nextEpoch(controller));
    });

    for (const factor of [CONFIG.maxGrowthFactor, CONFIG.minGrowthFactor]) {
      it(`limits a hostile operator to one rebase by ${formatUnits(factor, 27)} [E12, I18]`, async () => {
        const { controller, token, operator, holder, smallHolder } =
          await loadFixture(controllerFixture);
        const holders = [holder, smallHolder];
        const before = await Promise.all(holders.map((account) => token.balanceOf(account)));
        const start = await nextTimestamp();
        const hostile = controller.connect(operator);

        let accepted = 0;
        for (let elapsed = 0n; elapsed < CONFIG.minInterval; elapsed += CONFIG.minInterval / 8n) {
          for (const delay of [0n, CONFIG.delay, CONFIG.maxDelay]) {
            const now = start + elapsed + delay / 3600n;
            await time.setNextBlockTimestamp(now);
            accepted += await hostile.rebaseAfter(factor, delay, await nextEpoch(controller)).then(
              () => 1,
              () => 0,
            );
          }
        }
        expect(accepted).to.equal(2, "one that counts now and one for the next interval");
        await time.increaseTo(start + CONFIG.minInterval - 1n);

        const after = await Promise.all(holders.map((account) => token.balanceOf(account)));
        before.forEach((balance, i) => {
          const exact = balance * factor;
          const changed = (after[i] ?? 0n) * UNCHANGED;
          expect(changed <= exact && changed + 2n * UNCHANGED > exact).to.equal(true);
        });
      });
    }
  });

  describe("a pending rebase", () => {
    it("blocks the operator until the second in which it takes effect", async () => {
      const world = await loadFixture(controllerFixture);
      const { controller, operator } = world;
      await controller.setConfig({ ...CONFIG, minInterval: 0n });
      const { effectiveAt } = await schedule(world, CONFIG.delay);
      for (const attempt of [
        async () => controller.connect(operator).rebase(UNCHANGED, await nextEpoch(controller)),
        async () =>
          controller
            .connect(operator)
            .rebaseAfter(UNCHANGED, CONFIG.maxDelay, await nextEpoch(controller)),
      ]) {
        await expect(attempt())
          .to.be.revertedWithCustomError(controller, "RebasePending")
          .withArgs(2, effectiveAt);
      }
      await time.setNextBlockTimestamp(effectiveAt - 1n);
      await expect(
        controller.connect(operator).rebase(UNCHANGED, await nextEpoch(controller)),
      ).to.be.revertedWithCustomError(controller, "RebasePending");
      await time.setNextBlockTimestamp(effectiveAt);
      await controller.connect(operator).rebase(UNCHANGED, await nextEpoch(controller));
    });

    it("is replaced by the admin: the new index is computed from the current one [E13]", async () => {
      const world = await loadFixture(controllerFixture);
      const { controller, token, holder } = world;
      const { effectiveAt } = await schedule(world, CONFIG.maxDelay, CONFIG.maxGrowthFactor);
      const before = await token.balanceOf(holder);
      const factor = (99n * UNCHANGED) / 100n;
      const next = (GENESIS_INDEX * UNCHANGED + factor - 1n) / factor;
      const now = effectiveAt - 60n;

      await time.setNextBlockTimestamp(now);
      await expect(controller.replacePending(factor, 30n, await nextEpoch(controller)))
        .to.emit(controller, "RebaseReplaced")
        .withArgs(2)
        .and.to.emit(controller, "RebaseScheduled")
        .withArgs(3, factor, next, now + 30n);
      expect(await token.indexState()).to.deep.equal([3n, GENESIS_INDEX, next, now + 30n]);
      expect(await token.balanceOf(holder)).to.equal(before);

      await time.increaseTo(effectiveAt + 1n);
      expect(await token.sharesPerToken()).to.equal(next);
    });

    it("may be replaced at once, whatever the interval", async () => {
      const world = await loadFixture(controllerFixture);
      const { controller, token, operator } = world;
      const first = await nextTimestamp();
      await time.setNextBlockTimestamp(first);
      await controller.connect(operator).rebaseAfter(UNCHANGED, 0, await nextEpoch(controller));
      const decided = first + CONFIG.minInterval - CONFIG.maxDelay;
      await time.setNextBlockTimestamp(decided);
      await controller
        .connect(operator)
        .rebaseAfter(UNCHANGED, CONFIG.maxDelay, await nextEpoch(controller));

      await time.setNextBlockTimestamp(decided + 1n);
      await controller.replacePending(CONFIG.minGrowthFactor, 0, await nextEpoch(controller));
      expect((await token.pendingRebase()).pending).to.equal(false);
      expect((await token.indexState()).effectiveAt).to.equal(decided + 1n);
      expect(await controller.earliestEffectiveAt()).to.equal(decided + 1n + CONFIG.minInterval);
    });

    it("is replaced within the bounds of every rebase", async () => {
      const world = await loadFixture(controllerFixture);
      const { controller, token } = world;
      const { effectiveAt } = await schedule(world, CONFIG.maxDelay);
      for (const factor of [CONFIG.minGrowthFactor - 1n, CONFIG.maxGrowthFactor + 1n]) {
        await expect(controller.replacePending(factor, CONFIG.delay, await nextEpoch(controller)))
          .to.be.revertedWithCustomError(controller, "GrowthFactorOutOfBounds")
          .withArgs(factor, CONFIG.minGrowthFactor, CONFIG.maxGrowthFactor);
      }
      await expect(
        controller.replacePending(UNCHANGED, CONFIG.maxDelay + 1n, await nextEpoch(controller)),
      )
        .to.be.revertedWithCustomError(controller, "DelayTooLong")
        .withArgs(CONFIG.maxDelay + 1n, CONFIG.maxDelay);
      expect(await token.epoch()).to.equal(2n);
      expect(await controller.earliestEffectiveAt()).to.equal(effectiveAt + CONFIG.minInterval);
    });

    it("is cancelled by an epoch that changes nothing, from which the interval runs [E13]", async () => {
      const world = await loadFixture(controllerFixture);
      const { controller, token } = world;
      const { effectiveAt } = await schedule(world, CONFIG.delay, CONFIG.maxGrowthFactor);
      const now = effectiveAt - 1n;
      await time.setNextBlockTimestamp(now);
      await expect(controller.cancelPending(await nextEpoch(controller)))
        .to.emit(controller, "RebaseReplaced")
        .withArgs(2)
        .and.to.emit(controller, "RebaseScheduled")
        .withArgs(3, UNCHANGED, GENESIS_INDEX, now);
      expect(await token.indexState()).to.deep.equal([3n, GENESIS_INDEX, GENESIS_INDEX, now]);
      expect(await controller.earliestEffectiveAt()).to.equal(now + CONFIG.minInterval);
      expect(await controller.lastEffectiveAt()).to.equal(0n);

      await time.increaseTo(effectiveAt + 1n);
      expect(await token.sharesPerToken()).to.equal(GENESIS_INDEX);
    });

    it("cannot be rescheduled by the operator after a cancellation until the interval is over", async () => {
      const world = await loadFixture(controllerFixture);
      const { controller, token, operator } = world;
      await schedule(world, CONFIG.delay, CONFIG.maxGrowthFactor);
      await controller.cancelPending(await nextEpoch(controller));
      const cancelled = BigInt(await time.latest());
      const earliest = cancelled + CONFIG.minInterval;

      const again: [factor: bigint, delay: bigint][] = [
        [CONFIG.maxGrowthFactor, CONFIG.delay],
        [CONFIG.minGrowthFactor, 0n],
        [UNCHANGED, 0n],
      ];
      for (const [factor, delay] of again) {
        await expect(
          controller.connect(operator).rebaseAfter(factor, delay, await nextEpoch(controller)),
        ).to.be.revertedWithCustomError(controller, "IntervalNotElapsed");
      }
      expect(await token.epoch()).to.equal(3n);
      await time.setNextBlockTimestamp(earliest - 1n);
      await expect(
        controller
          .connect(operator)
          .rebaseAfter(CONFIG.minGrowthFactor, 0, await nextEpoch(controller)),
      )
        .to.be.revertedWithCustomError(controller, "IntervalNotElapsed")
        .withArgs(earliest - 1n, earliest);
      await time.setNextBlockTimestamp(earliest);
      await controller
        .connect(operator)
        .rebaseAfter(CONFIG.minGrowthFactor, 0, await nextEpoch(controller));
    });

    it("is removed from the operator by one batch that revokes the role and cancels the rebase", async () => {
      const { controller, token, operator, propose } = await loadFixture(timelockFixture);
      const { interface: abi } = controller;
      await controller
        .connect(operator)
        .rebase(CONFIG.maxGrowthFactor, await nextEpoch(controller));
      const execute = await propose([
        abi.encodeFunctionData("revokeRole", [OPERATOR_ROLE, operator.address]),
        abi.encodeFunctionData("cancelPending", [3]),
      ]);
      await execute();
      expect(await token.pendingRebase()).to.deep.equal([false, 0n, 0n]);
      expect(await token.sharesPerToken()).to.equal(GENESIS_INDEX);
      await time.increase(CONFIG.minInterval);
      await expect(
        controller
          .connect(operator)
          .rebaseAfter(CONFIG.minGrowthFactor, 0, await nextEpoch(controller)),
      )
        .to.be.revertedWithCustomError(controller, "AccessControlUnauthorizedAccount")
        .withArgs(operator.address, OPERATOR_ROLE);
    });

    it("leaves the last effective rebase as the last one when it is cancelled, also after a replacement", async () => {
      const world = await loadFixture(controllerFixture);
      const { controller, operator } = world;
      const counted = await nextTimestamp();
      await time.setNextBlockTimestamp(counted);
      await controller.connect(operator).rebaseAfter(UNCHANGED, 0, await nextEpoch(controller));
      await time.increaseTo(counted + CONFIG.minInterval);
      await schedule(world, CONFIG.maxDelay);
      await controller.replacePending(UNCHANGED, CONFIG.delay, await nextEpoch(controller));
      await controller.replacePending(UNCHANGED, CONFIG.maxDelay, await nextEpoch(controller));
      await controller.cancelPending(await nextEpoch(controller));
      expect(await controller.lastEffectiveAt()).to.equal(counted);

      await time.increase(CONFIG.minInterval);
      await schedule(world, CONFIG.delay);
      await controller.cancelPending(await nextEpoch(controller));
      expect(await controller.lastEffectiveAt()).to.equal(counted);
      expect(await controller.earliestEffectiveAt()).to.equal(
        BigInt(await time.latest()) + CONFIG.minInterval,
      );
      await time.increase(CONFIG.minInterval);
      await controller.connect(operator).rebaseAfter(UNCHANGED, 0, await nextEpoch(controller));
      expect(await controller.lastEffectiveAt()).to.equal(await time.latest());
    });

    it("cannot be replaced or cancelled when there is none", async () => {
      const world = await loadFixture(controllerFixture);
      const { controller } = world;
      const expectNonePending = async (epoch: number): Promise<void> => {
        for (const attempt of [
          async () => controller.replacePending(UNCHANGED, 0, await nextEpoch(controller)),
          async () => controller.cancelPending(await nextEpoch(controller)),
        ]) {
          await expect(attempt())
            .to.be.revertedWithCustomError(controller, "NoRebasePending")
            .withArgs(epoch);
        }
      };
      await expectNonePending(1);
      const { effectiveAt } = await schedule(world, CONFIG.delay);
      await time.setNextBlockTimestamp(effectiveAt);
      await expectNonePending(2);
    });
  });

  describe("the epoch that a call creates", () => {
    const others: [what: string, newEpoch: bigint][] = [
      ["none", 0n],
      ["the newest one", 2n],
      ["the one before", 1n],
      ["one too far ahead", 4n],
      ["the last one that there can be", 2n ** 32n - 1n],
    ];
    for (const [what, newEpoch] of others) {
      it(`is the token's epoch + 1: ${what} is refused before any other check`, async () => {
        const world = await loadFixture(controllerFixture);
        const { controller, operator } = world;
        const byOperator = controller.connect(operator);
        const tooMuch = CONFIG.maxGrowthFactor + 1n;
        await schedule(world, CONFIG.delay);
        for (const attempt of [
          () => byOperator.rebase(tooMuch, newEpoch),
          () => byOperator.rebaseAfter(tooMuch, CONFIG.maxDelay + 1n, newEpoch),
          () => controller.replacePending(tooMuch, CONFIG.maxDelay + 1n, newEpoch),
          () => controller.cancelPending(newEpoch),
        ]) {
          await expect(attempt())
            .to.be.revertedWithCustomError(controller, "UnexpectedEpoch")
            .withArgs(newEpoch, 3n);
        }
      });
    }

    it("makes a rebase that is sent twice take effect once, with no interval and nothing pending", async () => {
      const { controller, token, operator } = await loadFixture(controllerFixture);
      await controller.setConfig({ ...CONFIG, minInterval: 0n });
      const send = () => controller.connect(operator).rebaseAfter(CONFIG.minGrowthFactor, 0, 2);
      await send();
      const index = await token.sharesPerToken();
      await expect(send())
        .to.be.revertedWithCustomError(controller, "UnexpectedEpoch")
        .withArgs(2n, 3n);
      expect(await token.sharesPerToken()).to.equal(index);
    });

    it("lets one of two operators win who decided on the same state, in the same block", async () => {
      const { controller, token, operator, thirdParty } = await loadFixture(controllerFixture);
      await controller.setConfig({ ...CONFIG, minInterval: 0n });
      await controller.grantRole(OPERATOR_ROLE, thirdParty);
      await network.provider.send("evm_setAutomine", [false]);
      const gasLimit = 300_000;
      const sent = [
        await controller.connect(operator).rebaseAfter(CONFIG.minGrowthFactor, 0, 2, { gasLimit }),
        await controller
          .connect(thirdParty)
          .rebaseAfter(CONFIG.minGrowthFactor, 0, 2, { gasLimit }),
      ];
      await network.provider.send("evm_setAutomine", [true]);
      await mine();
      const receipts = await Promise.all(
        sent.map(({ hash }) => ethers.provider.getTransactionReceipt(hash)),
      );
      expect(receipts.map((receipt) => receipt?.blockNumber)).to.have.lengthOf(2);
      expect(new Set(receipts.map((receipt) => receipt?.blockNumber)).size).to.equal(1);
      expect(receipts.map((receipt) => receipt?.status)).to.have.members([1, 0]);
      expect(await token.epoch()).to.equal(2n);
    });

    const late: [what: string, call: (abi: RebaseController["interface"]) => string][] = [
      ["a cancellation", (abi) => abi.encodeFunctionData("cancelPending", [3])],
      [
        "a replacement",
        (abi) => abi.encodeFunctionData("replacePending", [UNCHANGED, CONFIG.delay, 3]),
      ],
    ];
    for (const [what, call] of late) {
      it(`protects another rebase from ${what} when the timelock executes it late`, async () => {
        const { controller, token, operator, propose } = await loadFixture(timelockFixture);
        const byOperator = controller.connect(operator);
        await byOperator.rebaseAfter(CONFIG.maxGrowthFactor, CONFIG.delay, 2);
        const execute = await propose([call(controller.interface)]);
        await time.increase(CONFIG.minInterval);
        await byOperator.rebaseAfter(CONFIG.maxGrowthFactor, CONFIG.delay, 3);

        await expect(execute())
          .to.be.revertedWithCustomError(controller, "UnexpectedEpoch")
          .withArgs(3n, 4n);
        const [pending] = await token.pendingRebase();
        expect([await token.epoch(), pending]).to.deep.equal([3n, true]);
      });
    }

    it("reverts a batch that cancels too late, so the operator keeps a role that the batch was to revoke", async () => {
      const { controller, operator, propose } = await loadFixture(timelockFixture);
      const { interface: abi } = controller;
      const revoke = abi.encodeFunctionData("revokeRole", [OPERATOR_ROLE, operator.address]);
      await controller.connect(operator).rebaseAfter(CONFIG.minGrowthFactor, 60n, 2);
      const both = await propose([revoke, abi.encodeFunctionData("cancelPending", [3])]);
      const alone = await propose([revoke]);
      await expect(both())
        .to.be.revertedWithCustomError(controller, "NoRebasePending")
        .withArgs(2n);
      expect(await controller.hasRole(OPERATOR_ROLE, operator)).to.equal(true);
      await alone();
      expect(await controller.hasRole(OPERATOR_ROLE, operator)).to.equal(false);
    });
  });

  describe("any sequence of decisions", () => {
    type Decision =
      { by: "operator" | "replacement"; factor: bigint; delay: bigint } | { by: "cancellation" };

    const decision: fc.Arbitrary<Decision> = fc.oneof(
      fc.record({
        by: fc.constantFrom("operator" as const, "operator" as const, "replacement" as const),
        factor: fc.oneof(
          fc.bigInt(CONFIG.minGrowthFactor - 10n ** 24n, CONFIG.maxGrowthFactor + 10n ** 24n),
          fc.constantFrom(UNCHANGED, UNCHANGED + 1n),
        ),
        delay: fc.bigInt(0n, CONFIG.maxDelay + 600n),
      }),
      fc.constant({ by: "cancellation" as const }),
    );
    const steps = fc.array(fc.tuple(fc.bigInt(1n, CONFIG.minInterval), decision), {
      minLength: 6,
      maxLength: 12,
    });

    it("matches the model in outcome and index [I17]", async () => {
      await fc.assert(
        fc.asyncProperty(steps, async (sequence) => {
          const { controller, token, operator } = await loadFixture(controllerFixture);
          let now = await nextTimestamp();
          let state = { epoch: 1n, current: GENESIS_INDEX, next: GENESIS_INDEX, effectiveAt: 0n };
          let [last, previous, cancelled] = [0n, 0n, 0n];

          for (const [pause, choice] of sequence) {
            now += pause;
            await time.setNextBlockTimestamp(now);
            const pending = now < state.effectiveAt;
            const [factor, delay] =
              choice.by === "cancellation" ? [UNCHANGED, 0n] : [choice.factor, choice.delay];
            const effectiveAt = now + delay;
            const since = last > cancelled ? last : cancelled;
            const allowed =
              delay <= CONFIG.maxDelay &&
              (factor <= UNCHANGED || delay >= CONFIG.delay) &&
              factor >= CONFIG.minGrowthFactor &&
              factor <= CONFIG.maxGrowthFactor &&
              (choice.by === "operator"
                ? !pending && (since === 0n || effectiveAt >= since + CONFIG.minInterval)
                : pending);

            const attempt =
              choice.by === "operator"
                ? controller
                    .connect(operator)
                    .rebaseAfter(factor, delay, await nextEpoch(controller))
                : choice.by === "replacement"
                  ? controller.replacePending(factor, delay, await nextEpoch(controller))
                  : controller.cancelPending(await nextEpoch(controller));
            const taken = await attempt.then(
              () => true,
              () => false,
            );
            expect(taken, `${choice.by} at ${now}`).to.equal(allowed);

            if (allowed) {
              if (choice.by === "operator") previous = last;
              if (choice.by === "cancellation") cancelled = now;
              last = choice.by === "cancellation" ? previous : effectiveAt;
              const current = pending ? state.current : state.next;
              const next = (current * UNCHANGED + factor - 1n) / factor;
              state = { epoch: state.epoch + 1n, current, next, effectiveAt };
            }
            expect(await token.indexState()).to.deep.equal(Object.values(state));
          }
        }),
        propertyRuns(25),
      );
    });
  });

  describe("permissions", () => {
    type Actor = "admin" | "next admin" | "operator" | "thirdParty";
    type World = ControllerWorld & RolesWorld<Actor>;

    async function rolesFixture(): Promise<World> {
      const world = await controllerFixture();
      const { controller, admin, operator, thirdParty, holder } = world;
      await controller.beginDefaultAdminTransfer(holder);
      await time.increase(ADMIN_DELAY_SECONDS + 1n);
      return {
        ...world,
        contract: controller,
        actors: { admin, "next admin": holder, operator, thirdParty },
      };
    }

    const byAdmin = { allowed: ["admin" as const], refusal: missingRole(ZeroHash) };
    const byOperator = { allowed: ["operator" as const], refusal: missingRole(OPERATOR_ROLE) };
    const whilePending = (world: World): Promise<unknown> => schedule(world, CONFIG.delay);

    shouldAllowExactly<Actor, World>(RebaseController__factory.createInterface(), rolesFixture, {
      ...adminRulesRows<Actor, World>({
        admin: "admin",
        nextAdmin: "next admin",
        everyone: ["admin", "next admin", "operator", "thirdParty"],
        role: OPERATOR_ROLE,
        account: SOMEONE,
      }),
      rebase: { ...byOperator, args: () => [UNCHANGED, 2] },
      rebaseAfter: { ...byOperator, args: () => [UNCHANGED, 0, 2] },
      replacePending: { ...byAdmin, args: () => [UNCHANGED, 0, 3], given: whilePending },
      cancelPending: { ...byAdmin, args: () => [3], given: whilePending },
      setConfig: { ...byAdmin, args: () => [CONFIG] },
      setNotifier: { ...byAdmin, args: () => [ZeroAddress] },
    });

    it("does not let an account renounce another's role", async () => {
      const { controller, operator, thirdParty } = await loadFixture(rolesFixture);
      await expect(
        controller.connect(thirdParty).renounceRole(OPERATOR_ROLE, operator),
      ).to.be.revertedWithCustomError(controller, "AccessControlBadConfirmation");
    });
  });
});

/** {@link ControllerWorld} whose admin is a timelock of a minute. */
async function timelockFixture() {
  const world = await controllerFixture();
  const { controller, admin, thirdParty } = world;
  const timelock = await new TimelockController__factory(admin).deploy(
    60,
    [admin.address],
    [ZeroAddress],
    ZeroAddress,
  );
  /** Proposes calls of the controller in one batch, and lets the delay pass. */
  const propose = async (calls: string[]) => {
    const targets = calls.map(() => controller.target);
    const batch = [targets, calls.map(() => 0n), calls, ZeroHash, id(calls.join())] as const;
    await timelock.scheduleBatch(...batch, 60);
    await time.increase(60);
    return () => timelock.connect(thirdParty).executeBatch(...batch);
  };
  await controller.beginDefaultAdminTransfer(timelock);
  await time.increase(ADMIN_DELAY_SECONDS + 1n);
  const accept = await propose([
    controller.interface.encodeFunctionData("acceptDefaultAdminTransfer"),
  ]);
  await accept();
  return { ...world, propose };
}

/** A time at which the next block can be, with room for a few blocks before it. */
async function nextTimestamp(): Promise<bigint> {
  return BigInt(await time.latest()) + 100n;
}

/** Lets the operator schedule a rebase. */
async function schedule(
  { controller, token, operator }: ControllerWorld,
  delay: bigint,
  factor = UNCHANGED,
): Promise<{ effectiveAt: bigint }> {
  await controller.connect(operator).rebaseAfter(factor, delay, await nextEpoch(controller));
  const { effectiveAt } = await token.indexState();
  return { effectiveAt };
}
