import { expect } from "chai";
import { parseEther } from "ethers";

import { growthFactor, sharesPerTokenAfter } from "../../lib/core/growth";
import {
  broadcastGas,
  fromHome,
  indexOf,
  pay,
  receiveGas,
  verdictOn,
  withUnsyncedSatellite,
} from "../shared/broadcasting";
import { quote } from "../shared/ccipMessages";
import { EXPECTED } from "../shared/ccipExpectations";
import { expectSuccess, failureOf, useWorld } from "../shared/scenario";
import type { Scenario } from "../shared/scenario";
import { GENESIS_INDEX } from "../shared/indexes";
import { WORLD_NAME } from "../shared/world";

/** Odd amounts, so that nothing divides evenly by chance. */
const HELD = { home: parseEther("1000") + 1n, sat1: parseEther("70") + 3n, sat2: 777n };

describe(`A rebase broadcast to the satellites (${WORLD_NAME})`, () => {
  const scenario = useWorld(async (s) => {
    await s.give(s.home, "alice", HELD.home);
    await s.give(s.sat1, "alice", HELD.sat1);
    await s.give(s.sat2, "alice", HELD.sat2);
  });

  for (const percent of ["5", "-2"]) {
    it(`of ${percent} % takes effect on every chain in the same second, not before`, async () => {
      const s = scenario();
      const shares = await Promise.all(s.all.map((chain) => s.sharesOf(chain, "alice")));

      const effectiveAt = await s.rebaseHome(percent);
      await s.broadcastAll();
      expectSuccess(await s.deliver());

      await s.waitUntil(effectiveAt - 1n);
      expect(await balances(s)).to.deep.equal([HELD.home, HELD.sat1, HELD.sat2]);

      await s.waitUntil(effectiveAt);
      const index = sharesPerTokenAfter(GENESIS_INDEX, growthFactor(percent));
      expect(await indexes(s)).to.deep.equal([index, index, index]);
      expect(await balances(s)).to.deep.equal(shares.map((held) => held / index));
      expect(await Promise.all(s.all.map((chain) => s.sharesOf(chain, "alice")))).to.deep.equal(
        shares,
      );
      await s.expectConserved();
    });
  }

  it("gets the gas that a lane sells, and may not ask for more than any does [D22]", async () => {
    const s = scenario();
    const lane = s.lane({ from: s.home, to: s.sat1 });
    const quoteFor = (gasLimit: bigint) =>
      quote(lane, { receiver: s.sat1.contracts.receiver, data: "0x", gasLimit });
    expect(await quoteFor(EXPECTED.receiverGas)).to.be.above(0n);
    const most = await s.broadcaster().MAX_GAS_LIMIT();
    expect(most).to.be.at.least(EXPECTED.receiverGas);
    expect(await failureOf(quoteFor(most + 1n))).to.equal("MessageGasLimitTooHigh()");
  });

  it("leaves the same state on every chain, pending and later", async () => {
    const s = scenario();
    await s.rebaseHome("5");
    await s.broadcastAll();
    const deliveries = await s.deliver();
    expectSuccess(deliveries);
    expect(deliveries).to.have.length(2);
    const state = await indexOf(s, s.home);
    expect(state.epoch).to.equal(2n);
    for (const chain of s.mesh.satellites) {
      expect(await indexOf(s, chain), chain.name).to.deep.equal(state);
      const delivery = deliveries.find(({ destination }) => destination === chain.name);
      if (!delivery) throw new Error(`Nothing arrived on ${chain.name}.`);
      expect(await verdictOn(chain, delivery)).to.deep.equal([
        "BroadcastApplied",
        { epoch: 2n, previousEpoch: 1n },
      ]);
    }
  });

  it("does not take effect on a satellite that has not received it", async () => {
    const s = scenario();
    await s.rebase("5", [s.sat1]);
    const index = sharesPerTokenAfter(GENESIS_INDEX, growthFactor("5"));
    expect(await indexes(s)).to.deep.equal([index, index, GENESIS_INDEX]);

    await s.broadcastAll([s.sat2]);
    expectSuccess(await s.deliver());
    expect(await indexes(s)).to.deep.equal([index, index, index]);
  });

  it("records the last epoch, message and time sent to each destination", async () => {
    const s = scenario();
    await s.rebaseHome("5");
    const [before, other] = await Promise.all(
      s.mesh.satellites.map(({ selector }) => s.broadcaster().getDestination(selector)),
    );
    const { receipt, messages } = await pay(s, "native", { to: [s.sat1] });
    const block = await s.home.provider.getBlock(receipt.blockNumber);
    expect(await s.broadcaster().getDestination(s.sat1.selector)).to.deep.equal([
      s.sat1.contracts.receiver,
      before?.gasLimit,
      2n,
      BigInt(block?.timestamp ?? 0),
      messages[0]?.messageId,
    ]);
    expect(await s.broadcaster().getDestination(s.sat2.selector)).to.deep.equal(other);
  });

  it("lost in transit is repeated by anyone who pays, and harmless when it arrives late", async () => {
    const s = scenario();
    const route = fromHome(s, s.sat1);
    const effectiveAt = await s.rebaseHome("5");
    const [lost] = (await s.broadcastAll([s.sat1])).messages;
    if (!lost) throw new Error("Nothing was sent.");
    await s.verify(route);
    await s.waitUntil(effectiveAt);
    expect(await s.tokenOn(s.sat1).epoch()).to.equal(1n);

    const { messages, paid, lanes } = await pay(s, "native", { to: [s.sat1] });
    await s.verify(route);
    expectSuccess(await s.ccip.execute(s.lane(route), messages));
    expect(lanes.map(({ epoch }) => epoch)).to.deep.equal([2n]);
    expect(paid.native).to.equal(messages[0]?.feeAmount);
    const healed = await indexOf(s, s.sat1);
    expect(healed).to.deep.equal(await indexOf(s, s.home));

    const late = await s.ccip.execute(s.lane(route), [lost]);
    expectSuccess(late);
    expect(await Promise.all(late.map((delivery) => verdictOn(s.sat1, delivery)))).to.deep.equal([
      ["BroadcastIgnored", { epoch: 2n, currentEpoch: 2n }],
    ]);
    expect(await indexOf(s, s.sat1)).to.deep.equal(healed);
  });

  it("works while every chain is paused", async () => {
    const s = scenario();
    for (const chain of s.all) await (await s.tokenOn(chain, "guardian").pause()).wait();
    await s.rebase("5");
    const index = sharesPerTokenAfter(GENESIS_INDEX, growthFactor("5"));
    expect(await indexes(s)).to.deep.equal([index, index, index]);
    for (const chain of s.all) {
      const token = s.tokenOn(chain, "alice");
      expect(await token.paused(), chain.name).to.equal(true);
      await expect(token.transfer(s.address("bob"), 1)).to.be.revertedWithCustomError(
        token,
        "EnforcedPause",
      );
      await (await s.tokenOn(chain, "operations").unpause()).wait();
      await (await token.transfer(s.address("bob"), 1)).wait();
      expect(await s.balanceOf(chain, "bob"), chain.name).to.equal(1n);
    }
  });

  // Gas is that of the contracts on the one deterministic node.
  if (WORLD_NAME === "in process") {
    describe("costs at most", () => {
      const limits = {
        ...EXPECTED.gas.broadcast,
        firstSync: 80_000n,
        laterSync: 45_000n,
      };

      it(`${limits.first} gas for two satellites paid in LINK the first time, then ${limits.steady}`, async () => {
        const { first, steady } = await broadcastGas(scenario());
        expect(first).to.be.at.most(limits.first);
        expect(steady).to.be.at.most(limits.steady);
      });

      it(`${limits.firstSync} gas for a first sync, then ${limits.laterSync} [I28]`, async () => {
        const s = await withUnsyncedSatellite(scenario());
        const used: bigint[] = [];
        for (const percent of ["5", "-2"]) {
          await s.rebaseHome(percent);
          await s.broadcastAll([s.sat2]);
          const deliveries = await s.deliver();
          expectSuccess(deliveries);
          for (const delivery of deliveries) used.push(await receiveGas(s.sat2, delivery));
        }
        const [first, later] = used;
        expect(first).to.be.at.most(limits.firstSync);
        expect(later).to.be.at.most(limits.laterSync);
        const least = await s.broadcaster().MIN_GAS_LIMIT();
        expect(2n * least, "the least gas limit, twice").to.be.at.least(3n * (first ?? 0n));
      });
    });
  }
});

function balances(s: Scenario): Promise<bigint[]> {
  return Promise.all(s.all.map((chain) => s.balanceOf(chain, "alice")));
}

function indexes(s: Scenario): Promise<bigint[]> {
  return Promise.all(s.all.map((chain) => s.tokenOn(chain).sharesPerToken()));
}
