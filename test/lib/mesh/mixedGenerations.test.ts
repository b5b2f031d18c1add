import { setStorageAt } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { id, parseEther, toBeHex } from "ethers";

import { compareMesh } from "../../../lib/mesh/check";
import type { MeshInput } from "../../../lib/core/mesh/schema";
import type { Step } from "../../../lib/mesh/step";
import { implementationOf } from "../../../lib/mesh/components/token";
import { OneWordBridgeBurn__factory } from "../../../typechain-types";
import { loadFixture } from "../../shared/fixture";
import { allowBy, anotherResolver, sendFast, wired, withLanes } from "../../shared/lanePermissions";
import { apply, passTimeAlone } from "../../shared/meshFixture";
import type { MeshWorld } from "../../shared/meshFixture";
import { withNewPools } from "../../shared/newPools";
import { Scenario, expectSuccess, reasonOf } from "../../shared/scenario";

const ONE = parseEther("1");
const [HOME, SAT1] = ["local-home", "local-sat1"] as const;
const OUT = `${HOME} -> ${SAT1}`;
const BACK = `${SAT1} -> ${HOME}`;
const IMPLEMENTATION_SLOT = toBeHex(BigInt(id("eip1967.proxy.implementation")) - 1n, 32);
const GENERATION = `${SAT1}/pool/generation`;

/**
 * Tests of a CCIP 2.0 mesh whose home has a generation 2 pool and whose first satellite has one of generation 1.
 */
describe("A lane with a pool of each generation", () => {
  it("accepts a fast transfer at generation 1 once generation 2 allows it; mesh check reports that", async () => {
    const world = await loadFixture(mixedFixture);
    const s = new Scenario(world);
    await expect(sendFast(s, ONE)).to.be.rejected;
    await allowBy(world, HOME);
    const found = await differences(world);
    expect(found).to.include(`${HOME}/pool/finality`);
    expect(found).to.include(`${HOME}/pool/fast limits ${SAT1}`);
    await sendFast(s, ONE);
    expectSuccess(await s.deliver());
    expect(await s.balanceOf(s.sat1, "bob")).to.equal(ONE);

    await apply(world);
    expect(await differences(world)).to.deep.equal([]);
    await expect(sendFast(s, ONE)).to.be.rejected;
    await s.expectConserved();
  });

  it("is not opened to fast transfers by the plan, in either direction", async () => {
    const world = await loadFixture(mixedFixture);
    const s = new Scenario(world);
    const fast = { finality: "safe", capacity: "100", rate: "1" } as const;
    for (const lane of [OUT, BACK]) {
      const sent = await sentBy(world, { fast: { [lane]: fast } });
      expect(sent.filter((id) => id.includes("fast limits"))).to.deep.equal([]);
      await expect(sendFast(s, ONE)).to.be.rejected;
    }
  });

  it("is not made to require verifiers that the pool of generation 1 cannot request", async () => {
    const world = await loadFixture(mixedFixture);
    const s = new Scenario(world);
    const [there, here] = [await anotherResolver(s, s.sat1), await anotherResolver(s, s.home)];
    const verifiers = { [BACK]: { source: [there], destination: [here] } };
    const sent = await sentBy(world, { verifiers });
    expect(sent.filter((id) => id.includes("verifiers"))).to.deep.equal([]);
    await s.give(s.sat1, "alice", ONE);
    await s.send({ from: s.sat1, to: s.home }, "alice", ONE, s.address("bob"));
    const [delivery] = await s.deliver();
    expect(delivery?.state, reasonOf(delivery ?? { returnData: "0x" })).to.equal("success");
  });

  it("does not use a pool of generation 2 while the token returns no epoch to it", async () => {
    const mixed = await loadFixture(mixedFixture);
    const world = await withNewPools(mixed, SAT1);
    const s = new Scenario(world);
    const { provider, contracts } = s.sat1;
    const current = await implementationOf(provider, contracts.token);
    const deployer = s.signer(s.sat1, "deployer");
    const previous = await new OneWordBridgeBurn__factory(deployer).deploy(current);
    await setStorageAt(contracts.token, IMPLEMENTATION_SLOT, await previous.getAddress());
    const switched = `${SAT1}/registry/pool`;
    const options = { whileWaiting: (steps: readonly Step[]) => passTimeAlone(world, steps) };
    const { open } = await apply(world, options);
    expect(open.map(({ id }) => id)).to.include.members([`${SAT1}/token/bridgeBurn`, switched]);

    await setStorageAt(contracts.token, IMPLEMENTATION_SLOT, current);
    await apply(world, options);
    expect(await differences(world)).to.deep.equal([]);
  });
});

function mixedFixture(): Promise<MeshWorld> {
  return wired("2.0", SAT1);
}

async function differences({ mesh }: MeshWorld): Promise<string[]> {
  return (await compareMesh(mesh)).differences.map(({ id }) => id);
}

/** Applies a mesh file with another setting for a lane, as far as possible. @returns the ids of the sent steps. */
async function sentBy(world: MeshWorld, lanes: Partial<MeshInput["lanes"]>): Promise<string[]> {
  const sent: string[] = [];
  const changed = withLanes(world, lanes);
  const { open } = await apply(changed, {
    onSent: ({ id }) => sent.push(id),
    whileWaiting: (steps) => passTimeAlone(changed, steps),
  });
  expect(open.map(({ id }) => id)).to.include(GENERATION);
  // A proposal may be sent before the step's own conditions hold; the step itself waits.
  return sent.filter((id) => !id.includes("/timelock/propose"));
}
