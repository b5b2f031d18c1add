import { expect } from "chai";
import { MaxUint256 } from "ethers";

import { encodeBroadcast, fromHome, indexOf, verdictOn } from "../shared/broadcasting";
import type { IndexState } from "../shared/broadcasting";
import { broadcasterOf, tell, tellAll } from "../shared/hostileHome";
import { GENESIS_INDEX, ceilDiv } from "../shared/indexes";
import { expectSuccess, mined, useWorld } from "../shared/scenario";
import type { Scenario } from "../shared/scenario";
import { WORLD_NAME } from "../shared/world";

const DAY = 86_400n;
/** +6 % or -6 % a day, three steps at once, five by hand. */
const BAND = {
  maxGrowth: 60_000,
  maxLoss: 60_000,
  minInterval: DAY,
  maxSteps: 3,
  maxStepsByHand: 5,
} as const;

/** The index after so many growths by 5 %, rounded up as home rounds. */
const grown = (steps: number, index = GENESIS_INDEX): bigint =>
  steps === 0 ? index : grown(steps - 1, ceilDiv(index * 100n, 105n));
/** A state that counts at once. */
const at = (epoch: bigint, index: bigint): IndexState => ({
  epoch,
  current: index,
  next: index,
  effectiveAt: 0n,
});
const valuesOf = ({ epoch, current, next, effectiveAt }: IndexState) =>
  [epoch, current, next, effectiveAt] as const;

describe(`The circuit breaker of a satellite (${WORLD_NAME})`, () => {
  // A month after its band was set, so that only the cap and the epochs bound the steps.
  const scenario = useWorld(async (s) => {
    const receiver = s.receiverOn(s.sat1, await s.timelock(s.sat1));
    await mined(receiver.setBand({ ...BAND, maxSteps: 0, maxStepsByHand: 0 }));
    await mined(receiver.setBand(BAND));
    await s.give(s.sat1, "alice", 10n ** 18n);
    await s.waitUntil(BigInt(await s.now()) + 30n * DAY);
  });

  it("moves by two steps at most for 50 messages of +5 % within a minute, and holds the newest back [E2, K1]", async () => {
    const s = scenario();
    const route = fromHome(s, s.sat1);
    const payloads = Array.from({ length: 50 }, (_, i) =>
      encodeBroadcast(at(BigInt(i) + 2n, grown(i + 1))),
    );
    await tellAll(s, route, await broadcasterOf(s), payloads);
    expectSuccess(await s.execute(route));
    expect(await s.tokenOn(s.sat1).sharesPerToken()).to.be.at.least(grown(2));
    const held = await s.receiverOn(s.sat1).getQuarantined();
    expect([held.epoch, held.next]).to.deep.equal([51n, grown(50)]);
  });

  it("holds back one message that claims epochs which were not missed and all steps at once [E1, K1]", async () => {
    const s = scenario();
    const jump = at(900n, grown(4));
    expect(await outcomeOf(s, jump)).to.equal("BroadcastQuarantined");
    expect(await s.tokenOn(s.sat1).epoch()).to.equal(1n);
    expect(await s.receiverOn(s.sat1).isStale(MaxUint256)).to.equal(true);
    await mined(s.tokenOn(s.sat1, "alice").transfer(s.address("bob"), 5n));

    // It does not become allowed, however often it is said again.
    await s.waitUntil(BigInt(await s.now()) + 30n * DAY);
    expect(await outcomeOf(s, jump)).to.equal("BroadcastIgnored");
    expect(await s.tokenOn(s.sat1).epoch()).to.equal(1n);
  });

  it("holds back an absurd present index beside a fair next one, while tokens cross in both directions", async () => {
    const s = scenario();
    const effectiveAt = BigInt(await s.now()) + 3_600n;
    const absurd = { epoch: 2n, current: grown(20), next: grown(1), effectiveAt };
    expect(await outcomeOf(s, absurd)).to.equal("BroadcastQuarantined");
    expect(await s.tokenOn(s.sat1).sharesPerToken()).to.equal(GENESIS_INDEX);
    await s.send({ from: s.sat1, to: s.home }, "alice", 10n ** 17n);
    await s.give(s.sat1, "bob", 10n ** 18n);
    expectSuccess(await s.deliver());
    await s.expectConserved();
  });

  it("flips no more steps at once than it allows, however long they were pending", async () => {
    const s = scenario();
    for (let day = 1; day <= 6; day++) {
      const effectiveAt = BigInt(await s.now()) + 20n * DAY;
      const next = grown(day);
      await outcomeOf(s, {
        epoch: BigInt(day) + 1n,
        current: GENESIS_INDEX,
        next,
        effectiveAt,
      });
      await s.waitUntil(BigInt(await s.now()) + DAY);
    }
    expect(await outcomeOf(s, at(60n, grown(6)))).to.equal("BroadcastQuarantined");
    await s.waitUntil(BigInt(await s.now()) + 30n * DAY);
    expect(await s.tokenOn(s.sat1).sharesPerToken()).to.be.at.least(grown(3));
  });

  it("applies what it holds back when the unpauser accepts all of its values, and no others [K9]", async () => {
    const s = scenario();
    const jump = at(9n, grown(4));
    await outcomeOf(s, jump);
    const unpauser = s.receiverOn(s.sat1, "operations");
    for (const swapped of [at(9n, grown(3)), at(10n, grown(4)), { ...jump, effectiveAt: 1n }]) {
      await expect(unpauser.accept.staticCall(...valuesOf(swapped))).to.be.revertedWithCustomError(
        unpauser,
        "NotQuarantined",
      );
    }
    await mined(unpauser.accept(...valuesOf(jump)));
    expect(await indexOf(s, s.sat1)).to.deep.equal(jump);
    expect(await s.receiverOn(s.sat1).isStale(DAY * 60n)).to.equal(false);
  });

  it("never applies what the guardian has rejected, unless the owner does [G10]", async () => {
    const s = scenario();
    const jump = at(9n, grown(4));
    await outcomeOf(s, jump);
    await mined(s.receiverOn(s.sat1, "guardian").reject(...valuesOf(jump)));
    expect(await outcomeOf(s, jump)).to.equal("BroadcastIgnored");
    const unpauser = s.receiverOn(s.sat1, "operations");
    await expect(unpauser.accept.staticCall(...valuesOf(jump))).to.be.revertedWithCustomError(
      unpauser,
      "BroadcastWasRejected",
    );
    expect(await s.tokenOn(s.sat1).epoch()).to.equal(1n);
    await mined(s.receiverOn(s.sat1, await s.timelock(s.sat1)).accept(...valuesOf(jump)));
    expect(await indexOf(s, s.sat1)).to.deep.equal(jump);
  });

  it("forgets what it holds back when home says the truth of a newer epoch", async () => {
    const s = scenario();
    await s.rebase("5", []);
    expect(await outcomeOf(s, at(2n, grown(10)))).to.equal("BroadcastQuarantined");
    await s.broadcastAll([s.sat1]);
    const [conflict] = await s.execute(await verified(s));
    if (!conflict) throw new Error("Nothing was executed.");
    expect((await verdictOn(s.sat1, conflict))[0]).to.equal("BroadcastConflicted");

    await s.rebase("5", [s.sat1]);
    expect(await indexOf(s, s.sat1)).to.deep.equal(await indexOf(s, s.home));
    expect((await s.receiverOn(s.sat1).getQuarantined()).epoch).to.equal(0n);
  });

  it("accepts a cancellation that arrives after the flip [K8]", async () => {
    const s = scenario();
    const route = fromHome(s, s.sat1);
    const effectiveAt = BigInt(await s.now()) + 3_600n;
    const pending = { epoch: 2n, current: GENESIS_INDEX, next: grown(1), effectiveAt };
    expect(await outcomeOf(s, pending)).to.equal("BroadcastApplied");
    await tell(s, route, await broadcasterOf(s), encodeBroadcast(at(3n, GENESIS_INDEX)));
    await s.waitUntil(effectiveAt + 60n);
    expect(await s.tokenOn(s.sat1).sharesPerToken()).to.equal(grown(1));
    expectSuccess(await s.execute(route));
    expect(await s.tokenOn(s.sat1).sharesPerToken()).to.equal(GENESIS_INDEX);
  });

  it("takes no confirmation from a ten-day-old message that is executed today [K5]", async () => {
    const s = scenario();
    const receiver = s.receiverOn(s.sat1);
    await s.broadcastAll([s.sat1]);
    expectSuccess(await s.execute(await verified(s)));
    const confirmed = await receiver.lastConfirmed();
    expect(await receiver.isStale(DAY)).to.equal(false);

    await s.broadcastAll([s.sat1]);
    const route = await verified(s);
    await s.waitUntil(BigInt(await s.now()) + 10n * DAY);
    expectSuccess(await s.execute(route));
    expect((await receiver.lastConfirmed()) - confirmed).to.be.lessThan(DAY);
    expect(await receiver.isStale(9n * DAY)).to.equal(true);
  });

  it("drops an unexecuted message of a hostile period after a resync, whatever its epoch [K4, K19]", async () => {
    const s = scenario();
    const route = fromHome(s, s.sat1);
    const hostile = await broadcasterOf(s);
    expect(await outcomeOf(s, at(2n, grown(1)))).to.equal("BroadcastApplied");
    const sentAt = BigInt(await s.now());
    await tell(s, route, hostile, encodeBroadcast(at(800n, grown(2)), sentAt));
    await s.waitUntil(sentAt + DAY);
    const token = s.tokenOn(s.sat1, await s.timelock(s.sat1));
    await mined(token.resync(...valuesOf(at(1n, GENESIS_INDEX))));

    const [delivery] = await s.execute(route);
    if (!delivery) throw new Error("Nothing was executed.");
    expect((await verdictOn(s.sat1, delivery))[0]).to.equal("BroadcastOutdated");
    expect(await indexOf(s, s.sat1)).to.deep.equal(at(1n, GENESIS_INDEX));

    await s.waitUntil(sentAt + DAY + 60n);
    await s.rebase("5", [s.sat1]);
    expect(await indexOf(s, s.sat1)).to.deep.equal(await indexOf(s, s.home));
    expect(await token.generation()).to.deep.include(1n);
  });
});

/** Sends a state as a hostile home, executes it, and returns the name of the receiver's event. */
async function outcomeOf(s: Scenario, state: IndexState): Promise<string> {
  const route = fromHome(s, s.sat1);
  const sentAt = BigInt(await s.now());
  await tell(s, route, await broadcasterOf(s), encodeBroadcast(state, sentAt));
  const deliveries = await s.execute(route);
  expectSuccess(deliveries);
  const [delivery] = deliveries;
  if (!delivery) throw new Error("Nothing was executed.");
  return (await verdictOn(s.sat1, delivery))[0];
}

/** The route to the satellite, once what was sent over it is verified. */
async function verified(s: Scenario) {
  const route = fromHome(s, s.sat1);
  await s.verify(route);
  return route;
}
