import { expect } from "chai";
import { parseEther, parseUnits } from "ethers";

import { inboundLimit, outboundLimit } from "../../lib/core/mesh/limit";
import { declaredBand } from "../../lib/mesh/components/circuitBreaker";
import { EXPECTED } from "../shared/ccipExpectations";
import {
  LANE_KINDS,
  expectFailure,
  expectSuccess,
  failureOf,
  mined,
  reasonOf,
  useWorld,
} from "../shared/scenario";
import type { Scenario } from "../shared/scenario";
import { WORLD_NAME } from "../shared/world";

/** The limits are made for it: a message that empties the bucket it leaves through. */
const fullSize = (s: Scenario) => outboundLimit(s.mesh.config).capacity;

/** Rebases of the largest growth that the mesh's limits are made for. */
const LARGEST_GROWTH = "10";

describe(`Rate limits (${WORLD_NAME})`, () => {
  describe("outbound", () => {
    const scenario = useWorld(async (s) => s.mint("alice", parseEther("1000000")));

    it("refuses a message above the capacity with both figures, and moves nothing", async () => {
      const s = scenario();
      const capacity = fullSize(s);
      await expectNothingMoves(s, async () => {
        expect(
          await failureOf(s.send({ from: s.home, to: s.sat1 }, "alice", capacity + 1n)),
        ).to.equal(
          `TokenMaxCapacityExceeded(capacity: ${capacity}, requested: ${capacity + 1n}, ` +
            `tokenAddress: ${s.home.contracts.token})`,
        );
      });
    });

    it("gives the waiting time of an empty bucket, which refills; other lanes are not affected", async () => {
      const s = scenario();
      const route = { from: s.home, to: s.sat1 };
      const { capacity, rate } = outboundLimit(s.mesh.config);
      await s.send(route, "alice", capacity);
      const sentAt = await s.now();

      await expectNothingMoves(s, async () => {
        const refusal = await failureOf(s.send(route, "alice", capacity));
        expect(refusal).to.match(/^TokenRateLimitReached\(/);
        const [wait, available] = numbersIn(refusal);
        expect(available).to.be.below(capacity);
        expect(wait).to.equal((capacity - (available ?? 0n) + rate - 1n) / rate);
      });

      await s.send({ from: s.home, to: s.sat2 }, "alice", capacity);
      expectSuccess(await s.deliver());
      await s.waitUntil(BigInt(sentAt) + capacity / rate);
      await s.send(route, "alice", capacity);
      expectSuccess(await s.deliver());
      await s.expectConserved();
    });
  });

  describe("emptied on purpose", () => {
    const scenario = useWorld(async (s) => {
      await s.mint("carol", fullSize(s));
      await s.mint("alice", fullSize(s));
    });

    it("by somebody's own tokens, there and back: at most the rate is kept from others, who wait or are given more [C16, I32]", async () => {
      const s = scenario();
      const [there, back] = [
        { from: s.home, to: s.sat1 },
        { from: s.sat1, to: s.home },
      ];
      const { capacity, rate } = outboundLimit(s.mesh.config);
      const bucket = async () => {
        const pool = s.poolOn(s.home);
        return (await pool.getCurrentRateLimiterState(s.sat1.selector, false))[0];
      };
      const { lastUpdated: start } = await bucket();
      const funds = await s.home.provider.getBalance(s.address("carol"));
      let amount = capacity;
      let left = 0n;
      for (let round = 0; round < 4; round++) {
        await s.send(there, "carol", amount);
        left += amount;
        expectSuccess(await s.deliver());
        await s.send(back, "carol", await s.balanceOf(s.sat1, "carol"));
        expectSuccess(await s.deliver());
        expect(await failureOf(s.send(there, "alice", capacity))).to.match(
          /^TokenRateLimitReached/,
        );
        await s.waitUntil(BigInt(await s.now()) + 60n);
        const { tokens, lastUpdated } = await bucket();
        // A node answers for its next block, which may be some seconds ahead of the other's.
        amount = tokens - 3n * rate;
        expect(left + amount <= capacity + rate * (lastUpdated - start)).to.equal(true);
      }
      expect(await s.home.provider.getBalance(s.address("carol"))).to.be.below(funds);

      // Both ends were emptied: the receiving one is widened first.
      const wider = { isEnabled: true, capacity: 4n * capacity, rate: 4n * rate };
      await s.setLimits(s.sat1, s.home, { inbound: wider });
      await s.setLimits(s.home, s.sat1, { outbound: wider });
      await s.send(there, "alice", capacity);
      expectSuccess(await s.deliver());
      expect(await s.balanceOf(s.sat1, "alice")).to.equal(capacity);
      await s.expectConserved();
    });
  });

  describe("inbound", () => {
    // Every chain gets a full-size message's worth, then the buckets refill.
    const scenario = useWorld(async (s) => {
      for (const chain of s.all) await s.give(chain, "alice", fullSize(s));
      await s.refillBuckets();
    });

    for (const { from, to, title } of LANE_KINDS) {
      it(`a full-size message from ${title} arrives after as many rebases as the limits allow for [C14, I32]`, async () => {
        const s = scenario();
        const route = s.route({ from, to });
        await s.send(route, "alice", fullSize(s), s.address("bob"));
        for (let i = 0; i < s.mesh.config.lanes.rebasesInFlight; i++)
          await s.rebase(LARGEST_GROWTH);
        await s.verify(route);
        expectSuccess(await s.execute(route));
        expect(await s.balanceOf(route.to, "bob")).to.be.above((fullSize(s) * 12n) / 10n);
        await s.expectConserved();
      });
    }

    for (const { percent, factor } of [
      { percent: "-50", factor: "0.5" },
      { percent: "-10", factor: "0.9" },
    ]) {
      it(`a full-size message arrives on a satellite that has missed a loss of ${percent} % [I32]`, async () => {
        const s = scenario();
        const config = {
          ...s.mesh.config,
          controller: { ...s.mesh.config.controller, minGrowthFactor: parseUnits(factor, 27) },
        };
        await mined(s.controller(await s.timelock(s.home)).setConfig(config.controller));
        // A satellite believes what home may do now.
        const { band } = s.mesh.config.receiver ?? {};
        if (band) {
          const { minGrowthFactor } = config.controller;
          const wider = { ...config, receiver: { band: { ...band, minGrowthFactor } } };
          const receiver = s.receiverOn(s.sat1, await s.timelock(s.sat1));
          await mined(receiver.setBand(declaredBand({ ...s.mesh, config: wider })));
        }
        const inbound = inboundLimit(config);
        await s.setLimits(s.sat1, s.home, { inbound });
        await s.waitUntil(BigInt(await s.now()) + inbound.capacity / inbound.rate + 1n);

        const route = { from: s.home, to: s.sat1 };
        await s.rebase(percent, [s.sat2]);
        await s.give(s.home, "alice", fullSize(s));
        const { message } = await s.send(route, "alice", fullSize(s), s.address("bob"));
        await s.verify(route);
        expectSuccess(await s.execute(route));
        const arrived = await s.balanceOf(s.sat1, "bob");
        expect(arrived).to.equal(await s.worthOf(s.sat1, message));
        expect(arrived).to.be.above((fullSize(s) * 11n) / 10n);
        await s.expectConserved();

        await s.broadcastAll([s.sat1]);
        expectSuccess(await s.deliver());
        expect(await s.balanceOf(s.sat1, "bob")).to.be.closeTo(fullSize(s), 1n);
      });
    }

    it("one more rebase blocks it; only an account that sets limits can admit it [F4, I30]", async () => {
      const s = scenario();
      const route = { from: s.home, to: s.sat1 };
      const { message } = await s.send(route, "alice", fullSize(s), s.address("bob"));
      for (let i = 0; i <= s.mesh.config.lanes.rebasesInFlight; i++) await s.rebase(LARGEST_GROWTH);
      await s.verify(route);

      const { token } = s.sat1.contracts;
      const { capacity, rate } = inboundLimit(s.mesh.config);
      const arriving = await s.worthOf(s.sat1, message);
      expectFailure(
        await s.execute(route),
        EXPECTED.refusedByPool(
          s.sat1,
          `TokenMaxCapacityExceeded(capacity: ${capacity}, requested: ${arriving}, tokenAddress: ${token})`,
        ),
      );
      await s.expectConserved();

      const wider = { isEnabled: true, capacity: 2n * capacity, rate: 2n * rate };
      for (const caller of ["thirdParty", "guardian", "operations", "issuer"] as const) {
        expect(
          await failureOf(s.setLimits(s.sat1, s.home, { inbound: wider }, caller)),
          caller,
        ).to.equal(`Unauthorized(caller: ${s.address(caller)})`);
      }
      await s.setLimits(s.sat1, s.home, { inbound: wider });
      // A bucket that is set is full at once.
      expectSuccess([await s.executeManually(route, message.messageId)]);
      expect(await s.balanceOf(s.sat1, "bob")).to.equal(arriving);
      await s.expectConserved();
    });

    it("the second of two full-size messages that arrive together is executed by hand later [F4, I30]", async () => {
      const s = scenario();
      const route = { from: s.home, to: s.sat2 };
      await s.send(route, "alice", fullSize(s), s.address("bob"));
      await s.mint("alice", fullSize(s));
      await s.refillBuckets();
      const second = await s.send(route, "alice", fullSize(s), s.address("carol"));
      await s.verify(route);

      const [first, failed] = await s.execute(route);
      expect(first?.state).to.equal("success");
      const refusal = reasonOf(failed ?? { returnData: "0x" });
      expect(refusal).to.contain("TokenRateLimitReached");
      await s.expectConserved();

      // Where the arguments are cut off, as long as an empty bucket needs.
      const longest = fullSize(s) / inboundLimit(s.mesh.config).rate + 1n;
      const wait = EXPECTED.keepsArguments ? numbersIn(refusal)[0] : longest;
      await s.waitUntil(BigInt(await s.now()) + (wait ?? 0n));
      expectSuccess([await s.executeManually(route, second.message.messageId)]);
      expect(await s.balanceOf(s.sat2, "carol")).to.equal(fullSize(s));
      await s.expectConserved();
    });

    it("without a limit it arrives at once", async () => {
      const s = scenario();
      const route = { from: s.home, to: s.sat1 };
      const { message } = await s.send(route, "alice", fullSize(s), s.address("bob"));
      for (let i = 0; i <= s.mesh.config.lanes.rebasesInFlight; i++) await s.rebase(LARGEST_GROWTH);
      await s.verify(route);
      expect((await s.execute(route))[0]?.state).to.equal("failure");

      await s.setLimits(s.sat1, s.home, "unlimited");
      expectSuccess([await s.executeManually(route, message.messageId)]);
      await s.expectConserved();
    });
  });

  describe("amounts that cannot be sent", () => {
    const scenario = useWorld(async (s) => s.mint("alice", 1n));

    it("zero is refused by CCIP before it reaches a limit [C24]", async () => {
      const s = scenario();
      await expectNothingMoves(s, async () => {
        expect(await failureOf(s.send({ from: s.home, to: s.sat1 }, "alice", 0n))).to.equal(
          "CannotSendZeroTokens()",
        );
      });
    });

    it("more than the balance is refused with both figures", async () => {
      const s = scenario();
      await expectNothingMoves(s, async () => {
        expect(await failureOf(s.send({ from: s.home, to: s.sat1 }, "alice", 2n))).to.equal(
          `ERC20InsufficientBalance(sender: ${s.address("alice")}, balance: 1, needed: 2)`,
        );
      });
    });
  });
});

/** Alice's shares, the supply and what is in flight are afterwards what they were before. */
async function expectNothingMoves(s: Scenario, action: () => Promise<void>): Promise<void> {
  const read = async () => {
    const { issuedShares, chains, inFlight } = await s.audit();
    const onChains = chains.map(({ chain, totalShares }) => [chain, totalShares]);
    return [await s.sharesOf(s.home, "alice"), issuedShares, onChains, inFlight];
  };
  const before = await read();
  await action();
  expect(await read()).to.deep.equal(before);
}

function numbersIn(text: string): bigint[] {
  return [...text.matchAll(/: (\d+)\b/g)].map(([, digits]) => BigInt(digits ?? ""));
}
