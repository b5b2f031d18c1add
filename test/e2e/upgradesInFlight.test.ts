import { expect } from "chai";
import { parseEther } from "ethers";

import { implementationOf } from "../../lib/mesh/components/token";
import { pairsOf } from "../../lib/core/mesh/mesh";
import type { MeshChain } from "../../lib/core/mesh/mesh";
import { RebaseTokenNext__factory } from "../../typechain-types";
import { encodeBroadcast, fromHome, indexOf } from "../shared/broadcasting";
import { broadcasterOf, tell } from "../shared/hostileHome";
import { expectSuccess, mined, useWorld } from "../shared/scenario";
import type { Scenario } from "../shared/scenario";
import { WORLD_NAME } from "../shared/world";

const AMOUNT = parseEther("100");

describe(`Upgrades with messages in flight (${WORLD_NAME})`, () => {
  const scenario = useWorld(async (s) => {
    for (const chain of s.all) await s.give(chain, "alice", parseEther("1000"));
  });

  it("of every token, there and back, lose and make no share, and everything arrives [F1, F5, I22, I35]", async () => {
    const s = scenario();
    const shares = await sendEverywhere(s);
    await s.expectConserved();
    const former = new Map<MeshChain, string>();
    for (const chain of s.all) {
      former.set(chain, await implementationOf(chain.provider, chain.contracts.token));
      const next = await new RebaseTokenNext__factory(s.signer(chain, "deployer")).deploy();
      await next.waitForDeployment();
      await upgrade(s, chain, await next.getAddress());
      await s.expectConserved();
    }
    await s.rebase("5");
    await s.expectConserved();
    expectSuccess(await s.deliver());
    await s.expectConserved();

    const more = await sendEverywhere(s);
    for (const [chain, implementation] of former) {
      await upgrade(s, chain, implementation);
      await s.expectConserved();
    }
    expectSuccess(await s.deliver());
    await s.expectConserved();
    for (const chain of s.all) {
      const sent = (shares.get(chain) ?? 0n) + (more.get(chain) ?? 0n);
      expect(await s.sharesOf(chain, "bob"), chain.name).to.equal(sent);
    }
  });

  it("of home's broadcaster: a broadcast in the format before is applied, and confirms nothing [G12, I29]", async () => {
    const s = scenario();
    const route = fromHome(s, s.sat1);
    const confirmed = await s.receiverOn(s.sat1).lastConfirmed();
    await s.rebaseHome("5");
    const state = await indexOf(s, s.home);
    await tell(s, route, await broadcasterOf(s), formatOne(encodeBroadcast(state)));
    expectSuccess(await s.execute(route));
    expect(await indexOf(s, s.sat1)).to.deep.equal(state);
    expect(await s.receiverOn(s.sat1).lastConfirmed()).to.equal(confirmed);

    await s.broadcastAll([s.sat1]);
    expectSuccess(await s.deliver());
    expect(await indexOf(s, s.sat1)).to.deep.equal(state);
    expect(await s.receiverOn(s.sat1).lastConfirmed()).to.be.above(confirmed);
  });
});

/** A broadcast of version 2 as version 1 wrote it: another number, and no time of sending. */
function formatOne(payload: string): string {
  const header = BigInt(payload.slice(0, 66));
  const version = header >> 248n;
  expect(version).to.equal(2n);
  const state = ((header & ((1n << 248n) - 1n)) >> 160n) << 160n;
  return `0x${((1n << 248n) | state).toString(16).padStart(64, "0")}${payload.slice(66)}`;
}

/** Alice sends to Bob over every lane: the shares that will arrive on each chain. */
async function sendEverywhere(s: Scenario): Promise<ReadonlyMap<MeshChain, bigint>> {
  const shares = new Map<MeshChain, bigint>();
  for (const { source, destination } of pairsOf(s.all)) {
    const route = { from: source, to: destination };
    const { message } = await s.send(route, "alice", AMOUNT, s.address("bob"));
    shares.set(destination, (shares.get(destination) ?? 0n) + s.sharesIn(message));
  }
  return shares;
}

async function upgrade(s: Scenario, chain: MeshChain, implementation: string): Promise<void> {
  const token = s.tokenOn(chain, await s.timelock(chain));
  await mined(token.upgradeToAndCall(implementation, "0x"));
  expect(await implementationOf(chain.provider, chain.contracts.token)).to.equal(implementation);
}
