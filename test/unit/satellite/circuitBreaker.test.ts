import { time } from "@nomicfoundation/hardhat-network-helpers";
import { loadFixture } from "../../shared/fixture";
import { expect } from "chai";
import { id } from "ethers";
import { ethers } from "hardhat";

import {
  BAND,
  DAY,
  NO_BAND,
  at,
  breakerFixture,
  deliver,
  grown,
  shrunk,
  valuesOf,
} from "../../shared/breakerFixture";
import type { Message } from "../../shared/breakerFixture";
import { GENESIS_INDEX, MIN_INDEX } from "../../shared/indexes";
import { receiverFixture } from "../../shared/receiverFixture";
import type { ReceiverWorld } from "../../shared/receiverFixture";
import { ROLES } from "../../shared/tokenFixture";

async function expectIndex({ token }: ReceiverWorld, epoch: bigint, index: bigint): Promise<void> {
  expect(await token.epoch()).to.equal(epoch);
  expect(await token.sharesPerToken()).to.equal(index);
}

describe("RebaseReceiver's circuit breaker", () => {
  describe("lets an honest home through:", () => {
    it("a growth at the bound every day for 120 days, whatever the jitter", async () => {
      const world = await loadFixture(breakerFixture);
      let index = GENESIS_INDEX;
      for (let day = 1n; day <= 120n; day++) {
        await time.increase(DAY + (day % 2n === 0n ? 3_600n : -3_600n));
        index = grown(index);
        await deliver(world, at(5n + day, index));
        await expectIndex(world, 5n + day, index);
      }
    });

    it("a loss at the bound, rounded up by home, 1,000 times [K8]", async () => {
      const world = await loadFixture(breakerFixture);
      let index = GENESIS_INDEX;
      for (let day = 1n; day <= 1_000n; day++) {
        await time.increase(DAY);
        index = shrunk(index);
        await deliver(world, at(5n + day, index));
      }
      await expectIndex(world, 1_005n, index);
    });

    it("a catch-up of three missed rebases after three days [E4]", async () => {
      const world = await loadFixture(breakerFixture);
      await time.increase(3n * DAY);
      await deliver(world, at(8n, grown(GENESIS_INDEX, 3)));
      await expectIndex(world, 8n, grown(GENESIS_INDEX, 3));
    });

    it("a pending rebase, and its cancellation before and after it takes effect [K8]", async () => {
      for (const wait of [600n, 7_200n]) {
        const world = await loadFixture(breakerFixture);
        await time.increase(DAY);
        const effectiveAt = BigInt(await time.latest()) + 3_600n;
        const next = grown(GENESIS_INDEX);
        await deliver(world, { epoch: 6n, current: GENESIS_INDEX, next, effectiveAt });
        await time.increase(wait);
        await deliver(world, at(7n, GENESIS_INDEX));
        await expectIndex(world, 7n, GENESIS_INDEX);
      }
    });

    it("a pending rebase after a missed one, which moves the anchor no earlier than it counts", async () => {
      const world = await loadFixture(breakerFixture);
      await time.increase(2n * DAY);
      const effectiveAt = BigInt(await time.latest()) + 3_600n;
      const [current, next] = [grown(GENESIS_INDEX), grown(GENESIS_INDEX, 2)];
      await deliver(world, { epoch: 7n, current, next, effectiveAt });
      await expectIndex(world, 7n, current);
      const anchorOf = async () => (await world.receiver.getBand()).anchor;
      expect((await anchorOf()).sharesPerToken).to.equal(GENESIS_INDEX);
      await time.increaseTo(effectiveAt);
      expect((await anchorOf()).sharesPerToken).to.equal(next);
    });

    it("a gain at the bound that is scheduled every day for 60 days, whatever the jitter", async () => {
      const world = await loadFixture(breakerFixture);
      let index = GENESIS_INDEX;
      let effectiveAt = 0n;
      for (let day = 1n; day <= 60n; day++) {
        await time.increase(DAY + (day % 2n === 0n ? 1_800n : -1_800n));
        const next = grown(index);
        effectiveAt = BigInt(await time.latest()) + 3_600n;
        await deliver(world, { epoch: 5n + day, current: index, next, effectiveAt });
        expect(await world.token.epoch()).to.equal(5n + day);
        index = next;
      }
      await time.increaseTo(effectiveAt);
      await expectIndex(world, 65n, index);
    });

    it("a loss that replaces a pending gain, and the rebases after it", async () => {
      const world = await loadFixture(breakerFixture);
      await time.increase(DAY);
      const effectiveAt = BigInt(await time.latest()) + 3_600n;
      const gain = { current: GENESIS_INDEX, next: grown(GENESIS_INDEX), effectiveAt };
      await deliver(world, { epoch: 6n, ...gain });
      let index = shrunk(GENESIS_INDEX);
      await deliver(world, at(7n, index));
      await expectIndex(world, 7n, index);
      for (let epoch = 8n; epoch < 12n; epoch++) {
        await time.increase(DAY);
        index = grown(index);
        await deliver(world, at(epoch, index));
        await expectIndex(world, epoch, index);
      }
    });

    it("whatever it says to an unsynced satellite [K8]", async () => {
      const world = await loadFixture(receiverFixture);
      await world.receiver.setBand(BAND);
      await deliver(world, at(4_000_000n, MIN_INDEX));
      await expectIndex(world, 4_000_000n, MIN_INDEX);
      const [, anchor] = await world.receiver.getBand();
      expect(anchor.sharesPerToken).to.equal(MIN_INDEX);
    });
  });

  describe("holds back a hostile home:", () => {
    it("steps that stay pending do not add up until they flip at once [K1]", async () => {
      const world = await loadFixture(breakerFixture);
      const { receiver } = world;
      let taken = 0;
      for (let day = 1; day <= 10; day++) {
        await time.increase(DAY);
        const effectiveAt = BigInt(await time.latest()) + 30n * DAY;
        const next = grown(GENESIS_INDEX, day);
        await deliver(world, {
          ...{ epoch: 5n + BigInt(day), current: GENESIS_INDEX, next, effectiveAt },
        });
        if ((await world.token.epoch()) === 5n + BigInt(day)) taken = day;
      }
      expect(taken).to.be.at.most(3);
      await expect(deliver(world, at(16n, grown(GENESIS_INDEX, 10)))).to.emit(
        receiver,
        "BroadcastQuarantined",
      );
      expect((await receiver.getQuarantined()).epoch).to.equal(16n);
    });

    it("50 messages of +5 % within a minute move the index by two steps at most [E2, K1]", async () => {
      const world = await loadFixture(breakerFixture);
      await time.increase(30n * DAY);
      let index = GENESIS_INDEX;
      for (let i = 1n; i <= 50n; i++) {
        index = grown(index);
        await deliver(world, at(5n + i, index));
      }
      expect(await world.token.sharesPerToken()).to.be.gte(grown(GENESIS_INDEX, 2));
      expect((await world.receiver.getQuarantined()).epoch).to.equal(55n);
    });

    it("one message with an epoch far ahead moves it by no more than the steps allowed at once [E4, K1]", async () => {
      const world = await loadFixture(breakerFixture);
      await time.increase(300n * DAY);
      const message = at(305n, grown(GENESIS_INDEX, 4));
      await expect(deliver(world, message))
        .to.emit(world.receiver, "BroadcastQuarantined")
        .withArgs(...valuesOf(message), id(`${message.epoch}/${message.next}`));
      await expectIndex(world, 5n, GENESIS_INDEX);
    });

    it("a jump is not allowed for epochs that were not missed [E2]", async () => {
      const world = await loadFixture(breakerFixture);
      await time.increase(300n * DAY);
      await expect(deliver(world, at(6n, grown(GENESIS_INDEX, 2)))).to.emit(
        world.receiver,
        "BroadcastQuarantined",
      );
    });

    /** The index furthest from another one that a step allows, as the band rounds it. */
    const furthest = {
      growth: (index: bigint): bigint => (index * 1_000_000n) / 1_050_000n,
      loss: shrunk,
    };
    for (const [what, bound, beyond] of [
      ["a growth", furthest.growth(GENESIS_INDEX), -1n],
      ["a loss", furthest.loss(GENESIS_INDEX), 1n],
    ] as const) {
      it(`${what} of one unit beyond the bound, and not the bound itself [E1, I17]`, async () => {
        const world = await loadFixture(breakerFixture);
        await time.increase(DAY);
        await expect(deliver(world, at(6n, bound + beyond))).to.emit(
          world.receiver,
          "BroadcastQuarantined",
        );
        await expectIndex(world, 5n, GENESIS_INDEX);
        await deliver(world, at(7n, bound));
        await expectIndex(world, 7n, bound);
      });
    }

    for (const factor of ["tenth", "tenfold"] as const) {
      it(`an index of a ${factor} of the one before, whatever time has passed [E1]`, async () => {
        const world = await loadFixture(breakerFixture);
        await time.increase(365n * DAY);
        const index = factor === "tenth" ? GENESIS_INDEX / 10n : GENESIS_INDEX * 10n;
        await expect(deliver(world, at(6n, index))).to.emit(world.receiver, "BroadcastQuarantined");
        await expectIndex(world, 5n, GENESIS_INDEX);
      });
    }

    it("a second step within the interval, to the second [E2, I17]", async () => {
      const world = await loadFixture(breakerFixture);
      const [first, second] = [grown(GENESIS_INDEX), grown(GENESIS_INDEX, 2)];
      const { time: anchored } = (await world.receiver.getBand()).anchor;
      await deliver(world, at(6n, first));
      await time.setNextBlockTimestamp(anchored + DAY - 1n);
      await expect(deliver(world, at(7n, second))).to.emit(world.receiver, "BroadcastQuarantined");

      const later = await loadFixture(breakerFixture);
      await deliver(later, at(6n, first));
      await time.setNextBlockTimestamp(anchored + DAY);
      await deliver(later, at(7n, second));
      await expectIndex(later, 7n, second);
    });

    it("more than thirty steps after thirty missed epochs, which are let through [E4, I17]", async () => {
      const world = await loadFixture(breakerFixture);
      const { receiver, thirdParty } = world;
      await receiver.setBand({ ...BAND, maxSteps: 30n, maxStepsByHand: 31n });
      let bound = GENESIS_INDEX;
      for (let step = 0; step < 30; step++) bound = furthest.growth(bound);
      await time.increase(30n * DAY);
      const beyond = at(35n, bound - 1n);
      await expect(deliver(world, beyond)).to.emit(receiver, "BroadcastQuarantined");
      await expectIndex(world, 5n, GENESIS_INDEX);
      // One step more is for the unpauser to accept.
      await receiver.connect(thirdParty).accept(...valuesOf(beyond));
      await expectIndex(world, 35n, beyond.next);

      const other = await loadFixture(breakerFixture);
      await other.receiver.setBand({ ...BAND, maxSteps: 30n, maxStepsByHand: 31n });
      await time.increase(30n * DAY);
      await deliver(other, at(35n, bound));
      await expectIndex(other, 35n, bound);
    });

    it("an index that is held back does not become allowed, however often it is said again [K1]", async () => {
      const world = await loadFixture(breakerFixture);
      const hostile = grown(GENESIS_INDEX, 2);
      await deliver(world, at(7n, hostile));
      for (let day = 1n; day <= 10n; day++) {
        await time.increase(DAY);
        await expect(deliver(world, at(7n, hostile))).to.emit(world.receiver, "BroadcastIgnored");
        await expect(deliver(world, at(7n + day, hostile))).not.to.emit(
          world.receiver,
          "BroadcastApplied",
        );
      }
      await expectIndex(world, 5n, GENESIS_INDEX);
    });

    it("an absurd current index with a fair next one, and the reverse", async () => {
      const world = await loadFixture(breakerFixture);
      for (const [i, [current, next]] of (
        [
          [MIN_INDEX, GENESIS_INDEX],
          [GENESIS_INDEX, MIN_INDEX],
        ] as const
      ).entries()) {
        const effectiveAt = BigInt(await time.latest()) + 3_600n;
        const message = { epoch: 6n + BigInt(i), current, next, effectiveAt };
        await expect(deliver(world, message)).to.emit(world.receiver, "BroadcastQuarantined");
      }
      await expectIndex(world, 5n, GENESIS_INDEX);
    });

    const impossible: [what: string, message: (now: bigint) => Message][] = [
      ["an epoch more than 1,000 ahead", () => at(1_006n, GENESIS_INDEX)],
      ["the last epoch", () => at(2n ** 32n - 1n, GENESIS_INDEX)],
      [
        "a time more than 90 days ahead",
        (now) => ({ ...at(6n, GENESIS_INDEX), effectiveAt: now + 90n * DAY + 60n }),
      ],
      ["an index below the token's bounds", () => at(6n, MIN_INDEX - 1n)],
      ["no index", () => at(6n, 0n)],
    ];
    for (const [what, messageAt] of impossible) {
      it(`${what} is dropped for good, with success`, async () => {
        const world = await loadFixture(breakerFixture);
        const message = messageAt(BigInt(await time.latest()));
        await expect(deliver(world, message)).to.emit(world.receiver, "BroadcastDropped");
        expect((await world.receiver.getQuarantined()).epoch).to.equal(0n);
        await expectIndex(world, 5n, GENESIS_INDEX);
      });
    }
  });

  describe("an index that is held back", () => {
    const held = at(6n, grown(GENESIS_INDEX, 2));

    it("changes nothing for holders, and makes the receiver stale", async () => {
      const world = await loadFixture(breakerFixture);
      await deliver(world, at(5n, GENESIS_INDEX));
      expect(await world.receiver.isStale(3_600n)).to.equal(false);
      await deliver(world, held);
      expect(await world.receiver.isStale(3_600n)).to.equal(true);
      await expectIndex(world, 5n, GENESIS_INDEX);
    });

    it("gives way to a newer epoch inside the band", async () => {
      const world = await loadFixture(breakerFixture);
      await deliver(world, held);
      await deliver(world, at(7n, grown(GENESIS_INDEX)));
      await expectIndex(world, 7n, grown(GENESIS_INDEX));
      expect((await world.receiver.getQuarantined()).epoch).to.equal(0n);
      await expect(deliver(world, held)).to.emit(world.receiver, "BroadcastIgnored");
    });

    it("stays when an older epoch inside the band is applied", async () => {
      const world = await loadFixture(breakerFixture);
      await deliver(world, { ...held, epoch: 7n });
      await deliver(world, at(6n, grown(GENESIS_INDEX)));
      await expectIndex(world, 6n, grown(GENESIS_INDEX));
      expect((await world.receiver.getQuarantined()).epoch).to.equal(7n);
    });

    it("is reported when its epoch comes with another index", async () => {
      const world = await loadFixture(breakerFixture);
      await deliver(world, held);
      await expect(deliver(world, at(6n, grown(GENESIS_INDEX, 3)))).to.emit(
        world.receiver,
        "BroadcastConflicted",
      );
      expect((await world.receiver.getQuarantined()).next).to.equal(held.next);
    });

    it("is applied when the unpauser accepts all of its values [K9]", async () => {
      const world = await loadFixture(breakerFixture);
      const { receiver, thirdParty } = world;
      await deliver(world, held);
      const unpauser = receiver.connect(thirdParty);
      for (const other of [
        { ...held, epoch: 7n },
        { ...held, current: held.current + 1n },
        { ...held, next: held.next + 1n },
        { ...held, effectiveAt: 1n },
      ]) {
        await expect(unpauser.accept(...valuesOf(other)))
          .to.be.revertedWithCustomError(receiver, "NotQuarantined")
          .withArgs(...valuesOf(other));
      }
      await expect(unpauser.accept(...valuesOf(held)))
        .to.emit(receiver, "BroadcastAccepted")
        .withArgs(6n, thirdParty.address);
      await expectIndex(world, 6n, held.next);
      await expect(unpauser.accept(...valuesOf(held))).to.be.revertedWithCustomError(
        receiver,
        "NotQuarantined",
      );
      // The next day is measured from what was accepted.
      await deliver(world, at(7n, grown(held.next)));
      await expectIndex(world, 7n, grown(held.next));
    });

    it("is the owner's alone to accept beyond the steps by hand [E4]", async () => {
      const world = await loadFixture(breakerFixture);
      const { receiver, thirdParty } = world;
      const far = at(6n, grown(GENESIS_INDEX, 6));
      await deliver(world, far);
      await expect(receiver.connect(thirdParty).accept(...valuesOf(far)))
        .to.be.revertedWithCustomError(receiver, "BeyondBandByHand")
        .withArgs(far.current, far.next);
      await receiver.accept(...valuesOf(far));
      await expectIndex(world, 6n, far.next);
    });

    it("is the owner's alone to accept once the band was taken away", async () => {
      const world = await loadFixture(breakerFixture);
      const { receiver, thirdParty } = world;
      await deliver(world, held);
      await receiver.setBand(NO_BAND);
      await expect(receiver.connect(thirdParty).accept(...valuesOf(held)))
        .to.be.revertedWithCustomError(receiver, "BeyondBandByHand")
        .withArgs(held.current, held.next);
      await receiver.accept(...valuesOf(held));
      await expectIndex(world, 6n, held.next);
    });

    it("never comes back by itself after the guardian has rejected it", async () => {
      const world = await loadFixture(breakerFixture);
      const { receiver, thirdParty, broadcaster: guardian } = world;
      await deliver(world, held);
      await expect(receiver.connect(guardian).reject(...valuesOf(held)))
        .to.emit(receiver, "BroadcastRejected")
        .withArgs(6n, guardian.address);
      await time.increase(10n * DAY);
      await expect(deliver(world, held)).to.emit(receiver, "BroadcastIgnored");
      await expect(receiver.connect(thirdParty).accept(...valuesOf(held)))
        .to.be.revertedWithCustomError(receiver, "BroadcastWasRejected")
        .withArgs(6n);
      expect(await receiver.isStale(365n * DAY)).to.equal(true);
      await receiver.accept(...valuesOf(held));
      await expectIndex(world, 6n, held.next);
    });

    it("of an epoch far ahead does not hold up an honest home once it is rejected", async () => {
      const world = await loadFixture(breakerFixture);
      const { receiver, broadcaster: guardian } = world;
      const forged = at(900n, grown(GENESIS_INDEX, 6));
      await deliver(world, forged);
      await receiver.connect(guardian).reject(...valuesOf(forged));
      for (let rebase = 1; rebase <= 8; rebase++) {
        await time.increase(DAY);
        await deliver(world, at(5n + BigInt(rebase), grown(GENESIS_INDEX, rebase)));
        await expectIndex(world, 5n + BigInt(rebase), grown(GENESIS_INDEX, rebase));
      }
      await expect(deliver(world, forged)).to.emit(receiver, "BroadcastIgnored");
      expect(await receiver.isStale(365n * DAY)).to.equal(true);
    });

    it("does not become allowed under newer epochs, whatever time passes before the decision", async () => {
      const world = await loadFixture(breakerFixture);
      const { receiver } = world;
      await deliver(world, held);
      for (let epoch = 7n; epoch < 12n; epoch++) {
        await time.increase(2n * DAY);
        await expect(deliver(world, { ...held, epoch })).to.emit(receiver, "BroadcastQuarantined");
      }
      await expectIndex(world, 5n, GENESIS_INDEX);
    });

    describe("is decided by", () => {
      const actors = ["owner", "broadcaster", "thirdParty", "stranger"] as const;
      const decisions = [
        { decision: "accept", allowed: ["owner", "thirdParty"], role: ROLES.unpauser },
        { decision: "reject", allowed: ["owner", "broadcaster"], role: ROLES.guardian },
      ] as const;
      const called = { owner: "owner", broadcaster: "guardian", thirdParty: "unpauser" };
      for (const { decision, allowed, role } of decisions) {
        for (const actor of actors) {
          const may = allowed.some((one) => one === actor);
          const name = actor === "stranger" ? "a stranger" : `the ${called[actor]}`;
          it(`${name}: ${decision} ${may ? "allowed" : "refused"} [G10]`, async () => {
            const world = await loadFixture(breakerFixture);
            await deliver(world, held);
            const signers = await ethers.getSigners();
            const signer = actor === "stranger" ? signers[7] : world[actor];
            const receiver = world.receiver.connect(signer);
            const call = receiver[decision].staticCall(...valuesOf(held));
            if (may) return expect(call).not.to.be.reverted;
            return expect(call)
              .to.be.revertedWithCustomError(receiver, "MissingTokenRole")
              .withArgs(signer?.address, role);
          });
        }
      }
    });
  });

  describe("a band", () => {
    const broken: [what: string, band: Partial<Record<keyof typeof BAND, bigint>>][] = [
      ["without an interval", { minInterval: 0n }],
      ["that loses everything", { maxLoss: 1_000_000n }],
      ["with fewer steps by hand than by itself", { maxStepsByHand: 2n }],
      ["of 33 steps", { maxStepsByHand: 33n }],
      ["of no steps but some by hand", { maxSteps: 0n }],
    ];
    for (const [what, change] of broken) {
      it(`is refused ${what}`, async () => {
        const { receiver } = await loadFixture(breakerFixture);
        await expect(receiver.setBand({ ...BAND, ...change })).to.be.revertedWithCustomError(
          receiver,
          "InvalidBand",
        );
      });
    }

    const outermost: [what: string, band: Partial<Record<keyof typeof BAND, bigint>>][] = [
      ["that loses all but a millionth", { maxLoss: 999_999n }],
      ["with as many steps by hand as by itself", { maxStepsByHand: BAND.maxSteps }],
      ["of 32 steps", { maxStepsByHand: 32n }],
    ];
    for (const [what, change] of outermost) {
      it(`is set ${what}`, async () => {
        const { receiver } = await loadFixture(breakerFixture);
        const band = { ...BAND, ...change };
        await expect(receiver.setBand(band))
          .to.emit(receiver, "BandSet")
          .withArgs([
            band.maxGrowth,
            band.maxLoss,
            band.minInterval,
            band.maxSteps,
            band.maxStepsByHand,
          ]);
      });
    }

    it("can be taken away, and set again from the index of that moment", async () => {
      const world = await loadFixture(breakerFixture);
      const { receiver } = world;
      await deliver(world, at(6n, grown(GENESIS_INDEX, 5)));
      await expect(receiver.setBand(NO_BAND))
        .to.emit(receiver, "BandSet")
        .withArgs(Object.values(NO_BAND));
      const unbound = await receiver.getBand();
      expect(unbound.band).to.deep.equal(Object.values(NO_BAND));
      expect(unbound.anchor.sharesPerToken).to.equal(GENESIS_INDEX);
      await deliver(world, at(7n, grown(GENESIS_INDEX, 9)));
      await expectIndex(world, 7n, grown(GENESIS_INDEX, 9));
      await receiver.setBand(BAND);
      const [, anchor] = await receiver.getBand();
      expect([anchor.epoch, anchor.sharesPerToken]).to.deep.equal([7n, grown(GENESIS_INDEX, 9)]);
      await deliver(world, at(8n, grown(GENESIS_INDEX, 10)));
      await expectIndex(world, 8n, grown(GENESIS_INDEX, 10));
    });
  });

  describe("the heartbeat", () => {
    it("is home's time of the newest state, also when it brings nothing new", async () => {
      const world = await loadFixture(breakerFixture);
      await time.increase(1_000n);
      const sentAt = BigInt(await time.latest()) - 100n;
      await deliver(world, { ...at(6n, GENESIS_INDEX), sentAt });
      expect(await world.receiver.lastConfirmed()).to.equal(sentAt);
      await deliver(world, { ...at(6n, GENESIS_INDEX), sentAt: sentAt + 50n });
      expect(await world.receiver.lastConfirmed()).to.equal(sentAt + 50n);
      expect(await world.receiver.isStale(1_000n)).to.equal(false);
      await time.increase(2_000n);
      expect(await world.receiver.isStale(1_000n)).to.equal(true);
    });

    it("does not go back, and not into the future [K5]", async () => {
      const world = await loadFixture(breakerFixture);
      const before = await world.receiver.lastConfirmed();
      await deliver(world, { ...at(5n, GENESIS_INDEX), sentAt: before - 10n * DAY });
      expect(await world.receiver.lastConfirmed()).to.equal(before);
      await deliver(world, { ...at(5n, GENESIS_INDEX), sentAt: before + 365n * DAY });
      expect(await world.receiver.lastConfirmed()).to.equal(BigInt(await time.latest()));
    });

    it("is not renewed by an old, a conflicting, or a quarantined message [K5]", async () => {
      const world = await loadFixture(breakerFixture);
      const before = await world.receiver.lastConfirmed();
      await time.increase(DAY);
      for (const message of [
        at(4n, GENESIS_INDEX),
        at(5n, GENESIS_INDEX - 1n),
        at(6n, grown(GENESIS_INDEX, 2)),
      ]) {
        await deliver(world, message);
        expect(await world.receiver.lastConfirmed()).to.equal(before);
      }
    });
  });

  describe("after the admin has replaced what a hostile home said", () => {
    it("drops every message of the time before, whatever its epoch, and takes newer ones [K4]", async () => {
      const world = await loadFixture(breakerFixture);
      const { receiver, token } = world;
      const hostile = at(6n, grown(GENESIS_INDEX));
      await deliver(world, hostile);
      const unexecuted = { ...at(900n, grown(GENESIS_INDEX)), sentAt: BigInt(await time.latest()) };
      await deliver(world, at(7n, grown(GENESIS_INDEX, 4)));

      await token.resync(5n, GENESIS_INDEX, GENESIS_INDEX, 0n);
      await expectIndex(world, 5n, GENESIS_INDEX);
      expect((await receiver.getQuarantined()).epoch).to.equal(0n);

      await expect(deliver(world, unexecuted)).to.emit(receiver, "BroadcastOutdated");
      await expect(deliver(world, { ...hostile, sentAt: 0n })).to.emit(
        receiver,
        "BroadcastOutdated",
      );
      await expectIndex(world, 5n, GENESIS_INDEX);

      await time.increase(60n);
      await deliver(world, at(6n, grown(GENESIS_INDEX)));
      await expectIndex(world, 6n, grown(GENESIS_INDEX));
    });

    it("measures the band from the new index", async () => {
      const world = await loadFixture(breakerFixture);
      const index = grown(GENESIS_INDEX, 20);
      await world.token.resync(9n, index, index, 0n);
      const [, anchor] = await world.receiver.getBand();
      expect([anchor.epoch, anchor.sharesPerToken]).to.deep.equal([9n, index]);
      await time.increase(60n);
      await deliver(world, at(10n, grown(index)));
      await expectIndex(world, 10n, grown(index));
    });
  });
});
