import { expect } from "chai";
import { ZeroHash, id } from "ethers";

import { contractAt } from "../../lib/core/abis";
import { holderOf } from "../../lib/core/mesh/mesh";
import type { MeshChain } from "../../lib/core/mesh/mesh";
import { RebaseTokenNext__factory } from "../../typechain-types";
import { mined, useWorld } from "../shared/scenario";
import type { Account, Scenario } from "../shared/scenario";
import { WORLD_NAME } from "../shared/world";

const CANCELLER_ROLE = id("CANCELLER_ROLE");

/** Accounts that may cancel; no other account may. */
const OTHERS = [
  "issuer",
  "rebaseOperator",
  "treasurySpender",
  "rateLimitAdmin",
  "thirdParty",
] as const;

describe(`A proposal to a chain's timelock (${WORLD_NAME})`, () => {
  const scenario = useWorld();

  for (const part of ["home", "sat1"] as const) {
    it(`on ${part} is cancelled by the guardian, who did not propose it, while the token is paused`, async () => {
      const s = scenario();
      const chain = s[part];
      await mined(s.tokenOn(chain, "guardian").pause());
      const upgrade = await proposeUpgrade(s, chain);
      const timelock = timelockOf(s, chain, "operations");
      for (const account of OTHERS) {
        await expect(timelockOf(s, chain, account).cancel(upgrade.id))
          .to.be.revertedWithCustomError(timelock, "AccessControlUnauthorizedAccount")
          .withArgs(s.address(account), CANCELLER_ROLE);
      }

      await s.waitUntil(upgrade.readyAt);
      await mined(timelockOf(s, chain, "guardian").cancel(upgrade.id));
      await expect(timelock.execute.staticCall(...upgrade.call)).to.be.revertedWithCustomError(
        timelock,
        "TimelockUnexpectedOperationState",
      );
      expect(await s.tokenOn(chain).paused()).to.equal(true);
      expect(await timelock.getOperationState(upgrade.id)).to.equal(0n);
    });
  }

  it("is executed, paused or not, unless it is cancelled", async () => {
    const s = scenario();
    await mined(s.tokenOn(s.home, "guardian").pause());
    const upgrade = await proposeUpgrade(s, s.home);
    const timelock = timelockOf(s, s.home, "operations");
    await expect(timelock.execute.staticCall(...upgrade.call)).to.be.revertedWithCustomError(
      timelock,
      "TimelockUnexpectedOperationState",
    );
    await s.waitUntil(upgrade.readyAt);
    await mined(timelock.execute(...upgrade.call));
    expect(await timelock.getOperationState(upgrade.id)).to.equal(3n);
    expect(await s.tokenOn(s.home).paused()).to.equal(true);
  });

  it("is neither proposed nor executed by the guardian [G10]", async () => {
    const s = scenario();
    const guardian = timelockOf(s, s.home, "guardian");
    const upgrade = await proposeUpgrade(s, s.home);
    await s.waitUntil(upgrade.readyAt);
    for (const [attempt, role] of [
      [() => guardian.schedule.staticCall(...upgrade.call, 60n), "PROPOSER_ROLE"],
      [() => guardian.execute.staticCall(...upgrade.call), "EXECUTOR_ROLE"],
    ] as const) {
      await expect(attempt())
        .to.be.revertedWithCustomError(guardian, "AccessControlUnauthorizedAccount")
        .withArgs(s.address("guardian"), id(role));
    }
  });

  it("to replace the guardian can be cancelled by the guardian: a hostile one has a veto and nothing else", async () => {
    const s = scenario();
    const { timelock: address } = s.home.contracts;
    const operations = timelockOf(s, s.home, "operations");
    const data = operations.interface.encodeFunctionData("revokeRole", [
      CANCELLER_ROLE,
      s.address("guardian"),
    ]);
    const removal = await propose(s, s.home, address, data);
    await mined(timelockOf(s, s.home, "guardian").cancel(removal.id));
    await s.waitUntil(removal.readyAt);
    await expect(operations.execute.staticCall(...removal.call)).to.be.revertedWithCustomError(
      operations,
      "TimelockUnexpectedOperationState",
    );

    // Without a veto in time it is done.
    const again = await propose(s, s.home, address, data);
    await s.waitUntil(again.readyAt);
    await mined(operations.execute(...again.call));
    expect(await operations.hasRole(CANCELLER_ROLE, s.address("guardian"))).to.equal(false);
  });

  it("can be cancelled on every chain only by the mesh's guardian and operations", async () => {
    const s = scenario();
    for (const chain of s.all) {
      const timelock = timelockOf(s, chain, "thirdParty");
      const cancellers = await Promise.all(
        [...OTHERS, "guardian" as const, "operations" as const].map(async (account) => {
          const may = await timelock.hasRole(CANCELLER_ROLE, s.address(account));
          return may ? [account] : [];
        }),
      );
      expect(cancellers.flat(), chain.name).to.deep.equal(["guardian", "operations"]);
      expect(holderOf(s.mesh, "guardian", chain.name)).to.equal(s.address("guardian"));
    }
  });
});

function timelockOf(s: Scenario, chain: MeshChain, caller: Account) {
  return contractAt.timelock(chain.contracts.timelock, s.signer(chain, caller));
}

/** Operations proposes a call to a chain's timelock. */
async function propose(s: Scenario, chain: MeshChain, target: string, data: string) {
  const timelock = timelockOf(s, chain, "operations");
  const call = [target, 0n, data, ZeroHash, ZeroHash] as const;
  const operation = await timelock.hashOperation(...call);
  await mined(timelock.schedule(...call, await timelock.getMinDelay()));
  return { call, id: operation, readyAt: await timelock.getTimestamp(operation) };
}

/** Operations proposes an upgrade of the token. */
async function proposeUpgrade(s: Scenario, chain: MeshChain) {
  const next = await new RebaseTokenNext__factory(s.signer(chain, "operations")).deploy();
  await next.waitForDeployment();
  const data = next.interface.encodeFunctionData("upgradeToAndCall", [
    await next.getAddress(),
    "0x",
  ]);
  return propose(s, chain, chain.contracts.token, data);
}
