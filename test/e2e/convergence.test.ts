import { expect } from "chai";
import type { Message } from "ccip-localnet/protocol";

import { growthFactor, sharesPerTokenAfter } from "../../lib/core/growth";
import {
  everySecondUntil,
  expectAgreement,
  fromHome,
  indexOf,
  secondsAround,
  verdictOn,
  withUnsyncedSatellite,
} from "../shared/broadcasting";
import type { Verdict } from "../shared/broadcasting";
import { GENESIS_INDEX } from "../shared/indexes";
import { expectSuccess, mined, useWorld } from "../shared/scenario";
import type { Scenario } from "../shared/scenario";
import { WORLD_NAME } from "../shared/world";

describe(`A satellite converges to home (${WORLD_NAME})`, () => {
  describe("once the newest message is executed, in any order: [D5, I20, I21]", () => {
    /** The epochs broadcast to the first satellite, the last of them twice, while it was still pending. */
    const TOLD = [2n, 3n, 4n, 4n];
    const messages: Message[] = [];
    let effectiveAt: bigint;

    const scenario = useWorld(async (s) => {
      messages.length = 0;
      for (const percent of ["5", "-2", "5"]) {
        effectiveAt = await s.rebaseHome(percent);
        messages.push(...(await s.broadcastAll([s.sat1])).messages);
      }
      messages.push(...(await s.broadcastAll([s.sat1])).messages);
      await s.verify(fromHome(s, s.sat1));
    });

    for (const order of orders(TOLD.length)) {
      const epochs = order.map((i) => TOLD[i] ?? 0n);
      if (!epochs.includes(4n)) continue;
      it(titleOf(order, TOLD), async () => {
        const s = scenario();
        const lane = s.lane(fromHome(s, s.sat1));
        const chosen = order.map((i) => {
          const message = messages[i];
          if (!message) throw new Error(`Message ${i} was not sent.`);
          return message;
        });
        const deliveries = await s.ccip.execute(lane, chosen);
        expectSuccess(deliveries);
        expect(deliveries.map(({ messageId }) => messageId)).to.deep.equal(
          chosen.map(({ messageId }) => messageId),
        );
        expect(
          await Promise.all(deliveries.map((delivery) => verdictOn(s.sat1, delivery))),
        ).to.deep.equal(verdictsOn(epochs));

        expect(await indexOf(s, s.sat1)).to.deep.equal(await indexOf(s, s.home));
        await expectAgreement(s, [s.sat1], await secondsAround(s, effectiveAt));
      });
    }

    it("and an older message, however late, changes nothing", async () => {
      const s = scenario();
      const lane = s.lane(fromHome(s, s.sat1));
      const [second, third, fourth] = messages;
      if (!second || !third || !fourth) throw new Error("Too few messages.");
      expectSuccess(await s.ccip.execute(lane, [fourth]));
      await s.waitUntil(effectiveAt + 1n);
      const settled = await indexOf(s, s.sat1);
      for (const late of [third, second]) {
        expectSuccess(await s.ccip.execute(lane, [late]));
        expect(await indexOf(s, s.sat1)).to.deep.equal(settled);
      }
    });
  });

  describe("at every second [E6, I19]", () => {
    const scenario = useWorld();

    it("after it missed an epoch, while the next one is pending", async () => {
      const s = scenario();
      await s.rebase("5", [s.sat2]);
      expect(await s.tokenOn(s.sat1).epoch()).to.equal(1n);
      const effectiveAt = await rebaseSoon(s, "-2");
      const [verdict] = await tell(s);
      expect(verdict).to.deep.equal(["BroadcastApplied", { epoch: 3n, previousEpoch: 1n }]);
      const indexes = await expectAgreement(
        s,
        s.mesh.satellites,
        await everySecondUntil(s, effectiveAt),
      );
      const grown = sharesPerTokenAfter(GENESIS_INDEX, growthFactor("5"));
      expect(new Set(indexes)).to.deep.equal(
        new Set([grown, sharesPerTokenAfter(grown, growthFactor("-2"))]),
      );
    });

    it("when its first sync falls into a pending window", async () => {
      const s = await withUnsyncedSatellite(scenario());
      const effectiveAt = await rebaseSoon(s, "5");
      const verdicts = await tell(s);
      expect(verdicts).to.deep.equal([
        ["BroadcastApplied", { epoch: 2n, previousEpoch: 1n }],
        ["BroadcastApplied", { epoch: 2n, previousEpoch: 0n }],
      ]);
      const indexes = await expectAgreement(
        s,
        s.mesh.satellites,
        await everySecondUntil(s, effectiveAt),
      );
      expect(new Set(indexes)).to.deep.equal(
        new Set([GENESIS_INDEX, sharesPerTokenAfter(GENESIS_INDEX, growthFactor("5"))]),
      );
    });

    it("when its first sync comes after a window that it missed", async () => {
      const s = await withUnsyncedSatellite(scenario());
      const effectiveAt = await rebaseSoon(s, "5");
      await s.waitUntil(effectiveAt);
      await tell(s);
      expect(await indexOf(s, s.sat2)).to.deep.equal(await indexOf(s, s.home));
      await expectAgreement(s, s.mesh.satellites, await nextSeconds(s, 3));
    });

    const changes: { what: string; change: (s: Scenario) => Promise<bigint>; next: bigint }[] = [
      {
        what: "replaced by another gain",
        change: (s) => replacePending(s, "2", 40n),
        next: sharesPerTokenAfter(GENESIS_INDEX, growthFactor("2")),
      },
      {
        what: "replaced by a loss that counts sooner",
        change: (s) => replacePending(s, "-2", 25n),
        next: sharesPerTokenAfter(GENESIS_INDEX, growthFactor("-2")),
      },
      { what: "cancelled", change: cancelPending, next: GENESIS_INDEX },
    ];
    for (const { what, change, next } of changes) {
      it(`after a pending rebase was ${what} and broadcast`, async () => {
        const s = scenario();
        const first = await rebaseSoon(s, "5", 60n);
        await tell(s);
        const second = await change(s);
        const verdicts = await tell(s);
        expect(verdicts).to.deep.equal(
          s.mesh.satellites.map(() => ["BroadcastApplied", { epoch: 3n, previousEpoch: 2n }]),
        );
        const last = first > second ? first : second;
        const indexes = await expectAgreement(
          s,
          s.mesh.satellites,
          await everySecondUntil(s, last),
        );
        expect(indexes[indexes.length - 1]).to.equal(next);
        expect(new Set(indexes)).to.deep.equal(new Set([...indexes.slice(0, 1), next]));
      });

      it(`when the rebase that was ${what} arrives after its replacement`, async () => {
        const s = scenario();
        const route = fromHome(s, s.sat1);
        const first = await rebaseSoon(s, "5", 60n);
        const { messages: fallen } = await s.broadcastAll([s.sat1]);
        const second = await change(s);
        const { messages: syncStatus } = await s.broadcastAll([s.sat1]);
        await s.verify(route);
        const deliveries = await s.ccip.execute(s.lane(route), [...syncStatus, ...fallen]);
        expectSuccess(deliveries);
        expect(
          await Promise.all(deliveries.map((delivery) => verdictOn(s.sat1, delivery))),
        ).to.deep.equal([
          ["BroadcastApplied", { epoch: 3n, previousEpoch: 1n }],
          ["BroadcastIgnored", { epoch: 2n, currentEpoch: 3n }],
        ]);
        const last = first > second ? first : second;
        const indexes = await expectAgreement(s, [s.sat1], await everySecondUntil(s, last));
        expect(indexes[indexes.length - 1]).to.equal(next);
      });
    }
  });

  describe("again", () => {
    const scenario = useWorld();

    it("when a cancellation arrives, even after the cancelled rebase's time", async () => {
      const s = scenario();
      const effectiveAt = await rebaseSoon(s, "5");
      await tell(s);
      await cancelPending(s);
      const { messages } = await s.broadcastAll();
      await s.waitUntil(effectiveAt + 60n);
      const wrong = sharesPerTokenAfter(GENESIS_INDEX, growthFactor("5"));
      expect(await s.tokenOn(s.home).sharesPerToken()).to.equal(GENESIS_INDEX);
      for (const chain of s.mesh.satellites) {
        expect(await s.tokenOn(chain).sharesPerToken(), chain.name).to.equal(wrong);
      }

      const deliveries = await s.deliver();
      expectSuccess(deliveries);
      expect(deliveries).to.have.length(messages.length);
      await expectAgreement(s, s.mesh.satellites, await nextSeconds(s, 3));
      expect(await s.tokenOn(s.sat1).sharesPerToken()).to.equal(GENESIS_INDEX);
    });

    it("after many epochs of random losses, by one message [D7]", async () => {
      const s = scenario();
      const percents = ["5", "-2", "9.9", "-9.9", "0", "1.25"];
      for (const percent of percents) await s.waitUntil(await s.rebaseHome(percent));
      const verdicts = await tell(s);
      expect(verdicts).to.deep.equal(
        s.mesh.satellites.map(() => ["BroadcastApplied", { epoch: 7n, previousEpoch: 1n }]),
      );
      await expectAgreement(s, s.mesh.satellites, await nextSeconds(s, 2));
    });
  });
});

/**
 * Schedules a rebase that takes effect soon, so that every second until then can be checked. The timelock
 * shortens the controller's delay for it: a gain never takes effect sooner.
 */
async function rebaseSoon(s: Scenario, percent: string, delaySeconds = 30n): Promise<bigint> {
  const admin = s.controller(await s.timelock(s.home));
  await mined(admin.setConfig({ ...s.mesh.config.controller, delay: 10n }));
  const controller = s.controller("rebaseOperator");
  await s.waitUntil((await controller.earliestEffectiveAt()) + 1n);
  await mined(controller.rebaseAfter(growthFactor(percent), delaySeconds, await s.nextEpoch()));
  return (await indexOf(s, s.home)).effectiveAt;
}

/** The timelock puts another rebase in the place of the pending one. */
async function replacePending(s: Scenario, percent: string, delaySeconds: bigint): Promise<bigint> {
  const controller = s.controller(await s.timelock(s.home));
  await mined(controller.replacePending(growthFactor(percent), delaySeconds, await s.nextEpoch()));
  return (await indexOf(s, s.home)).effectiveAt;
}

/** The timelock cancels the pending rebase. */
async function cancelPending(s: Scenario): Promise<bigint> {
  await mined(s.controller(await s.timelock(s.home)).cancelPending(await s.nextEpoch()));
  return (await indexOf(s, s.home)).effectiveAt;
}

/** Broadcasts to every satellite and delivers: what each of them made of it, in the mesh's order. */
async function tell(s: Scenario): Promise<Verdict[]> {
  await s.broadcastAll();
  const deliveries = await s.deliver();
  expectSuccess(deliveries);
  return Promise.all(
    s.mesh.satellites.map((chain) => {
      const delivery = deliveries.find(({ destination }) => destination === chain.name);
      if (!delivery) throw new Error(`Nothing arrived on ${chain.name}.`);
      return verdictOn(chain, delivery);
    }),
  );
}

async function nextSeconds(s: Scenario, count: number): Promise<bigint[]> {
  const now = BigInt(await s.now());
  return Array.from({ length: count }, (_, i) => now + BigInt(i) + 1n);
}

/** Outcomes of broadcasts in this order at a receiver that starts at epoch 1. */
function verdictsOn(epochs: readonly bigint[]): Verdict[] {
  let at = 1n;
  return epochs.map((epoch): Verdict => {
    if (epoch <= at) return ["BroadcastIgnored", { epoch, currentEpoch: at }];
    const previousEpoch = at;
    at = epoch;
    return ["BroadcastApplied", { epoch, previousEpoch }];
  });
}

/** Every way to deliver some of `count` messages one after the other. */
function orders(count: number): number[][] {
  const grow = (order: number[]): number[][] => [
    order,
    ...Array.from({ length: count }, (_, i) => i)
      .filter((i) => !order.includes(i))
      .flatMap((i) => grow([...order, i])),
  ];
  return grow([]).filter((order) => order.length > 0);
}

/** `4, 2, 4 again; 3 lost`. */
function titleOf(order: readonly number[], told: readonly bigint[]): string {
  const name = (i: number) => (i === told.length - 1 ? `${told[i]} again` : String(told[i]));
  const lost = told.map((_, i) => i).filter((i) => !order.includes(i));
  const delivered = order.map(name).join(", ");
  return lost.length === 0 ? delivered : `${delivered}; lost ${lost.map(name).join(", ")}`;
}
