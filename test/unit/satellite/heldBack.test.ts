import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";

import { ListenerOfTests__factory, RebaseNotifier__factory } from "../../../typechain-types";
import {
  BAND,
  DAY,
  NO_BAND,
  breakerFixture,
  deliver,
  grown,
  messageIdOf,
  valuesOf,
} from "../../shared/breakerFixture";
import type { Message } from "../../shared/breakerFixture";
import { loadFixture } from "../../shared/fixture";
import { GENESIS_INDEX, GROWN_INDEX, MIN_INDEX } from "../../shared/indexes";
import { receiverFixture } from "../../shared/receiverFixture";
import type { ReceiverWorld } from "../../shared/receiverFixture";

/** A rebase far beyond the band that counts in an hour. */
async function pendingBeyondBand(): Promise<Message> {
  const now = BigInt(await time.latest());
  const times = { effectiveAt: now + 3_600n, sentAt: now + 1n };
  return { epoch: 6n, current: GENESIS_INDEX, next: MIN_INDEX, ...times };
}

async function accept({ receiver, thirdParty }: ReceiverWorld, held: Message) {
  await receiver.setBand({ ...BAND, maxGrowth: 2n ** 24n - 1n, maxStepsByHand: 32n });
  return receiver.connect(thirdParty).accept(...valuesOf(held));
}

describe("What a receiver's unpauser accepts", () => {
  it("is set in the token value by value, and confirms home as of when it was sent", async () => {
    const world = await loadFixture(breakerFixture);
    const held = await pendingBeyondBand();
    await deliver(world, held);
    expect(await world.token.epoch()).to.equal(5n);
    await accept(world, held);
    expect(await world.token.indexState()).to.deep.equal(valuesOf(held));
    expect(await world.receiver.lastConfirmed()).to.equal(held.sentAt);
  });

  it("is measured from the index that has counted meanwhile", async () => {
    const world = await loadFixture(breakerFixture);
    const { receiver, thirdParty } = world;
    const [three, six] = [grown(GENESIS_INDEX, 3), grown(GENESIS_INDEX, 6)];
    await time.increase(3n * DAY);
    const effectiveAt = BigInt(await time.latest()) + 3_600n;
    await deliver(world, { epoch: 8n, current: GENESIS_INDEX, next: three, effectiveAt });
    const held = { epoch: 9n, current: six, next: six };
    await deliver(world, held);
    const { accept } = receiver.connect(thirdParty);
    await expect(accept(...valuesOf(held))).to.be.revertedWithCustomError(
      receiver,
      "BeyondBandByHand",
    );
    await time.increaseTo(effectiveAt);
    await expect(accept(...valuesOf(held))).to.emit(receiver, "BroadcastAccepted");
  });

  it("is told to the listeners in the same transaction", async () => {
    const world = await loadFixture(breakerFixture);
    const { receiver, token, owner } = world;
    const notifier = await new RebaseNotifier__factory(owner).deploy(token, owner);
    await notifier.setListener(await new ListenerOfTests__factory(owner).deploy(), 200_000);
    await receiver.setNotifier(notifier);
    const held = { epoch: 6n, current: MIN_INDEX, next: MIN_INDEX };
    await deliver(world, held);
    await expect(accept(world, held)).to.emit(notifier, "ListenerNotified");
  });
});

describe("What a receiver holds back", () => {
  it("is not replaced by the epoch before it", async () => {
    const world = await loadFixture(breakerFixture);
    const { receiver } = world;
    await deliver(world, { epoch: 7n, current: MIN_INDEX, next: MIN_INDEX });
    const [older, next] = [6n, MIN_INDEX + 1n];
    await expect(deliver(world, { epoch: older, current: next, next }))
      .to.emit(receiver, "BroadcastIgnored")
      .withArgs(older, 7n, messageIdOf({ epoch: older, next }));
    expect((await receiver.getQuarantined()).epoch).to.equal(7n);
  });

  it("is announced value by value", async () => {
    const world = await loadFixture(breakerFixture);
    const held = await pendingBeyondBand();
    await expect(deliver(world, held))
      .to.emit(world.receiver, "BroadcastQuarantined")
      .withArgs(...valuesOf(held), messageIdOf(held));
  });

  it("is known again by all of its values", async () => {
    const world = await loadFixture(breakerFixture);
    const held = await pendingBeyondBand();
    await deliver(world, held);
    await expect(deliver(world, held)).to.emit(world.receiver, "BroadcastIgnored");
    const swapped = { ...held, current: held.next, next: held.current };
    await expect(deliver(world, swapped)).to.emit(world.receiver, "BroadcastConflicted");
  });

  it("is applied when it arrives again after the band was removed, and held back no more", async () => {
    const world = await loadFixture(breakerFixture);
    const { receiver, token } = world;
    const held = { epoch: 6n, current: MIN_INDEX, next: MIN_INDEX };
    await deliver(world, held);
    await receiver.setBand(NO_BAND);
    await deliver(world, held);
    expect(await token.sharesPerToken()).to.equal(MIN_INDEX);
    expect((await receiver.getQuarantined()).epoch).to.equal(0n);
  });

  it("is forgotten when a band is set again after none", async () => {
    const world = await loadFixture(breakerFixture);
    const { receiver } = world;
    await deliver(world, { epoch: 6n, current: MIN_INDEX, next: MIN_INDEX });
    await receiver.setBand(NO_BAND);
    expect((await receiver.getQuarantined()).epoch).to.equal(6n);
    await receiver.setBand(BAND);
    expect((await receiver.getQuarantined()).epoch).to.equal(0n);
  });

  it("stays held back when it arrives again in a wider band: a person decides", async () => {
    const world = await loadFixture(breakerFixture);
    const { receiver, token } = world;
    const held = { epoch: 6n, current: MIN_INDEX, next: MIN_INDEX };
    await deliver(world, held);
    await receiver.setBand({
      ...BAND,
      maxGrowth: 2n ** 24n - 1n,
      maxSteps: 32n,
      maxStepsByHand: 32n,
    });
    await time.increase(40n * DAY);
    await expect(deliver(world, held)).to.emit(receiver, "BroadcastIgnored");
    expect(await token.epoch()).to.equal(5n);
  });

  it("is forgotten in the next generation: its epoch is applied, and home has confirmed nothing", async () => {
    const world = await loadFixture(breakerFixture);
    const { receiver, token } = world;
    await deliver(world, { epoch: 6n, current: MIN_INDEX, next: MIN_INDEX });
    await token.resync(5n, GENESIS_INDEX, GENESIS_INDEX, 0n);
    expect(await receiver.lastConfirmed()).to.equal(0n);
    await time.increase(DAY);
    await expect(deliver(world, { epoch: 6n, current: GROWN_INDEX, next: GROWN_INDEX })).to.emit(
      receiver,
      "BroadcastApplied",
    );
    // The new generation is remembered: nothing begins anew with the next message.
    expect(await receiver.lastConfirmed()).to.be.greaterThan(0n);
  });
});

describe("An index that the token has", () => {
  it("is allowed however far away it is, for home may repeat it and cancel", async () => {
    const world = await loadFixture(breakerFixture);
    const { receiver, token } = world;
    const effectiveAt = BigInt(await time.latest()) + DAY;
    await token.resync(6n, GENESIS_INDEX, MIN_INDEX, effectiveAt);
    for (const message of [
      { epoch: 7n, current: GENESIS_INDEX, next: MIN_INDEX, effectiveAt },
      { epoch: 8n, current: MIN_INDEX, next: GENESIS_INDEX, effectiveAt },
    ]) {
      await time.increase(60n);
      await expect(deliver(world, message)).to.emit(receiver, "BroadcastApplied");
    }
  });

  it("is followed step by step, and the epochs between count as missed until it is reached", async () => {
    const world = await loadFixture(breakerFixture);
    const { receiver, token } = world;
    const effectiveAt = BigInt(await time.latest()) + 3n * DAY;
    await token.resync(6n, GENESIS_INDEX, MIN_INDEX, effectiveAt);
    await time.increase(60n);
    await deliver(world, { epoch: 7n, current: GENESIS_INDEX, next: MIN_INDEX, effectiveAt });
    await time.increaseTo(effectiveAt);
    const [, { epoch, sharesPerToken }] = await receiver.getBand();
    expect([epoch, sharesPerToken > MIN_INDEX]).to.deep.equal([6n, true]);
  });

  for (const [what, isPending] of [
    ["is pending, anchors the band where it comes from", true],
    ["counts, anchors the band itself", false],
  ] as const) {
    it(`for the first time, and ${what}`, async () => {
      const world = await loadFixture(receiverFixture);
      const { receiver } = world;
      await receiver.setBand(BAND);
      const effectiveAt = BigInt(await time.latest()) + (isPending ? DAY : 0n);
      await deliver(world, { epoch: 3n, current: GENESIS_INDEX, next: GROWN_INDEX, effectiveAt });
      const [, anchor] = await receiver.getBand();
      expect(anchor.sharesPerToken).to.equal(isPending ? GENESIS_INDEX : GROWN_INDEX);
    });
  }
});

describe("What no token accepts", () => {
  for (const part of ["current", "next"] as const) {
    it(`is dropped for its ${part} index alone`, async () => {
      const world = await loadFixture(breakerFixture);
      const message = { epoch: 6n, current: GENESIS_INDEX, next: GENESIS_INDEX };
      const delivery = deliver(world, { ...message, [part]: MIN_INDEX - 1n });
      await expect(delivery).to.emit(world.receiver, "BroadcastDropped");
    });
  }
});

describe("RebaseReceiver's getBand", () => {
  it("answers the band, and an anchor that follows a pending index once it counts", async () => {
    const world = await loadFixture(breakerFixture);
    const { receiver } = world;
    const effectiveAt = BigInt(await time.latest()) + 2n * DAY;
    await time.increase(DAY);
    await deliver(world, { epoch: 6n, current: GENESIS_INDEX, next: GROWN_INDEX, effectiveAt });
    const [band, before] = await receiver.getBand();
    expect(band).to.deep.equal(Object.values(BAND));
    expect(before.sharesPerToken).to.equal(GENESIS_INDEX);
    await time.increaseTo(effectiveAt);
    const [, after] = await receiver.getBand();
    // It moves by whole intervals.
    expect(after).to.deep.equal([GROWN_INDEX, 6n, before.time + 2n * DAY]);
  });
});
