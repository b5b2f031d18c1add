import { expect } from "chai";
import { parseEther } from "ethers";
import { mineAt, now } from "ccip-localnet";

import type { MeshChain } from "../../lib/core/mesh/mesh";
import { growthFactor, sharesPerTokenAfter } from "../../lib/core/growth";
import { indexOf } from "../shared/broadcasting";
import { GENESIS_INDEX } from "../shared/indexes";
import { Scenario, expectSuccess } from "../shared/scenario";
import { localnetWorld } from "../shared/world";
import type { World } from "../shared/world";

const HELD = parseEther("1000");
const SENT = parseEther("100");

describe("Chains with different clocks when a rebase takes effect (three nodes)", () => {
  let world: World;
  let s: Scenario;
  let effectiveAt: bigint;
  let snapshots: (readonly [MeshChain, unknown])[];

  before(async () => {
    world = await localnetWorld();
    s = new Scenario(world);
    for (const chain of s.all) await s.give(chain, "alice", HELD);
    effectiveAt = await s.rebaseHome("5");
    await s.broadcastAll();
    expectSuccess(await s.deliver());
  });
  after(() => world.stop());

  beforeEach(async () => {
    s = new Scenario(world);
    snapshots = await Promise.all(
      s.all.map(
        async (chain) => [chain, await providerOf(s, chain).send("evm_snapshot", [])] as const,
      ),
    );
  });
  afterEach(async () => {
    for (const [chain, id] of snapshots) await providerOf(s, chain).send("evm_revert", [id]);
  });

  const grown = sharesPerTokenAfter(GENESIS_INDEX, growthFactor("5"));

  for (const ahead of ["sat1", "home"] as const) {
    const behind = ahead === "sat1" ? "home" : "sat1";

    it(`tokens cross from ${behind}, before, to ${ahead}, after, and back without gaining a share [E6, E7]`, async () => {
      const [early, late] = [s[behind], s[ahead]];
      // An hour apart, around the moment at which the index changes.
      await clockAt(s, late, effectiveAt + 1_800n);
      expect(BigInt(await now([s.ccipChain(early)]))).to.be.below(effectiveAt);
      expect(await s.tokenOn(early).sharesPerToken()).to.equal(GENESIS_INDEX);
      expect(await s.tokenOn(late).sharesPerToken()).to.equal(grown);
      const before = await sharesOfAlice(s);

      const there = { from: early, to: late };
      await s.send(there, "alice", SENT, s.address("bob"));
      await s.verify(there);
      expectSuccess(await s.execute(there));
      expect(await s.sharesOf(late, "bob")).to.equal(SENT * GENESIS_INDEX);
      expect(await s.balanceOf(late, "bob")).to.equal((SENT * GENESIS_INDEX) / grown);
      await s.expectConserved();

      const back = { from: late, to: early };
      const held = await s.balanceOf(late, "bob");
      await s.send(back, "bob", held, s.address("alice"));
      await s.verify(back);
      expectSuccess(await s.execute(back));
      await s.expectConserved();
      const after = await sharesOfAlice(s);
      const dust = await s.sharesOf(late, "bob");
      expect(dust).to.be.below(grown);
      expect(after + dust).to.equal(before);

      await clockAt(s, early, effectiveAt);
      expect(await indexOf(s, early)).to.deep.equal(await indexOf(s, late));
      expect(await s.tokenOn(early).sharesPerToken()).to.equal(grown);
    });
  }
});

function providerOf(s: Scenario, chain: MeshChain) {
  return s.ccipChain(chain).provider;
}

/** Moves the clock of one chain alone. */
async function clockAt(s: Scenario, chain: MeshChain, timestamp: bigint): Promise<void> {
  await mineAt([s.ccipChain(chain)], Number(timestamp));
}

async function sharesOfAlice(s: Scenario): Promise<bigint> {
  const shares = await Promise.all(s.all.map((chain) => s.sharesOf(chain, "alice")));
  return shares.reduce((a, b) => a + b, 0n);
}
