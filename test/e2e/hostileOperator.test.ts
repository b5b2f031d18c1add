import { expect } from "chai";
import { ZeroHash, id, parseEther } from "ethers";

import { contractAt } from "../../lib/core/abis";
import { growthFactor } from "../../lib/core/growth";
import { indexOf } from "../shared/broadcasting";
import { GENESIS_INDEX } from "../shared/indexes";
import { expectSuccess, failureOf, mined, useWorld } from "../shared/scenario";
import type { Scenario } from "../shared/scenario";
import { WORLD_NAME } from "../shared/world";

const OPERATOR_ROLE = id("REBASE_OPERATOR_ROLE");
const GAIN = growthFactor("10");
const LOSS = growthFactor("-10");

describe(`A compromised operator key (${WORLD_NAME})`, () => {
  const scenario = useWorld(async (s) => {
    for (const chain of s.all) await s.give(chain, "alice", parseEther("100"));
  });

  it("cannot make a gain take effect before the controller's delay [E12]", async () => {
    const s = scenario();
    const { delay } = s.mesh.config.controller;
    for (const early of [0, 1, delay - 1]) {
      expect(await failureOf(schedule(s, GAIN, early))).to.equal(
        `DelayTooShort(delay: ${early}, min: ${delay})`,
      );
    }
    expect(await s.tokenOn(s.home).epoch()).to.equal(1n);
  });

  it("loses its role and its already broadcast gain to one batch of the timelock [E12, E13]", async () => {
    const s = scenario();
    await schedule(s, GAIN, s.mesh.config.controller.delay);
    await s.broadcastAll();
    expectSuccess(await s.deliver());
    const { effectiveAt } = await indexOf(s, s.sat1);

    const batch = await propose(s, [revocation(s), cancellation(s)]);
    await s.waitUntil(batch.readyAt);
    await batch.execute();
    await s.broadcastAll();
    expectSuccess(await s.deliver());
    await s.waitUntil(effectiveAt + 1n);
    for (const chain of s.all) {
      expect(await s.tokenOn(chain).sharesPerToken(), chain.name).to.equal(GENESIS_INDEX);
    }
    await s.waitUntil(await s.controller().earliestEffectiveAt());
    expect(await failureOf(schedule(s, LOSS, 0))).to.equal(
      `AccessControlUnauthorizedAccount(account: ${s.address("rebaseOperator")}, neededRole: ${OPERATOR_ROLE})`,
    );
  });

  it("cannot schedule in the block after a cancellation while it has its role", async () => {
    const s = scenario();
    const { delay } = s.mesh.config.controller;
    await schedule(s, GAIN, delay);
    const batch = await propose(s, [cancellation(s)]);
    await s.waitUntil(batch.readyAt);
    await batch.execute();
    for (const [factor, after] of [
      [GAIN, delay],
      [LOSS, 0],
    ] as const) {
      expect(await failureOf(schedule(s, factor, after))).to.contain("IntervalNotElapsed(");
    }
  });

  it("survives a batch whose cancellation comes after the loss took effect, but not a separate revocation", async () => {
    const s = scenario();
    await schedule(s, LOSS, 30);
    const [batch, alone] = [
      await propose(s, [revocation(s), cancellation(s)]),
      await propose(s, [revocation(s)]),
    ];
    await s.waitUntil(alone.readyAt);
    expect(await failureOf(batch.execute())).to.contain("NoRebasePending(");
    const operator = s.address("rebaseOperator");
    expect(await s.controller().hasRole(OPERATOR_ROLE, operator)).to.equal(true);
    await alone.execute();
    expect(await s.controller().hasRole(OPERATOR_ROLE, operator)).to.equal(false);
  });
});

/** The operator schedules a rebase that counts after so many seconds. */
async function schedule(s: Scenario, factor: bigint, delay: number): Promise<void> {
  const { rebaseAfter } = s.controller("rebaseOperator");
  const newEpoch = await s.nextEpoch();
  await rebaseAfter.staticCall(factor, delay, newEpoch);
  await mined(rebaseAfter(factor, delay, newEpoch));
}

/** The cancellation of the first rebase, which is epoch 2. */
function cancellation(s: Scenario): string {
  return s.controller().interface.encodeFunctionData("cancelPending", [3]);
}

function revocation(s: Scenario): string {
  const args = [OPERATOR_ROLE, s.address("rebaseOperator")] as const;
  return s.controller().interface.encodeFunctionData("revokeRole", [...args]);
}

/** Operations proposes calls to the controller in one batch. */
async function propose(s: Scenario, calls: readonly string[]) {
  const { controller, timelock: address } = s.home.contracts;
  const timelock = contractAt.timelock(address, s.signer(s.home, "operations"));
  const batch: [string[], bigint[], string[], string, string] = [
    calls.map(() => controller),
    calls.map(() => 0n),
    [...calls],
    ZeroHash,
    ZeroHash,
  ];
  await mined(timelock.scheduleBatch(...batch, await timelock.getMinDelay()));
  return {
    readyAt: await timelock.getTimestamp(await timelock.hashOperationBatch(...batch)),
    execute: async () => {
      await timelock.executeBatch.staticCall(...batch);
      await mined(timelock.executeBatch(...batch));
    },
  };
}
