import { expect } from "chai";
import { ZeroHash, parseEther } from "ethers";

import type { MeshChain } from "../../lib/core/mesh/mesh";
import { expectSuccess, failureOf, mined, useWorld } from "../shared/scenario";
import type { Route, Scenario } from "../shared/scenario";
import { WORLD_NAME } from "../shared/world";

const AMOUNT = parseEther("100");

describe(`Tokens sent to a wrong address (${WORLD_NAME})`, () => {
  const scenario = useWorld(async (s) => {
    await s.mint("alice", parseEther("1000"));
    await s.give(s.sat1, "alice", parseEther("1000"));
    await s.rebase("3.3");
  });

  for (const lane of [
    { from: "home", to: "sat1", title: "on a satellite" },
    { from: "sat1", to: "home", title: "at home" },
  ] as const) {
    for (const receiver of ["token", "pool"] as const) {
      it(`sent to the ${receiver} itself ${lane.title}: they arrive, and the admin recovers them [B12, C11, F4]`, async () => {
        const s = scenario();
        const route = s.route(lane);
        const astray = route.to.contracts[receiver];
        const { message } = await s.send(route, "alice", AMOUNT, astray);
        await s.verify(route);
        expectSuccess(await s.execute(route));
        expect(await s.tokenOn(route.to).sharesOf(astray)).to.equal(s.sharesIn(message));
        await s.expectConserved();

        await recover(s, route.to, astray, s.sharesIn(message));
        expect(await s.sharesOf(route.to, "bob")).to.equal(s.sharesIn(message));
        expect(await s.balanceOf(route.to, "bob")).to.equal(AMOUNT);
        await s.expectConserved();
      });
    }
  }

  it("transferred to the pool: the next sender burns only its own [C26, I33]", async () => {
    const s = scenario();
    const route: Route = { from: s.home, to: s.sat1 };
    const { pool } = s.home.contracts;
    await mined(s.tokenOn(s.home, "alice").transfer(pool, 7n));
    const donated = await s.tokenOn(s.home).sharesOf(pool);

    const { message } = await s.send(route, "alice", AMOUNT, s.address("bob"));
    expect(s.sharesIn(message)).to.equal(AMOUNT * (await s.tokenOn(s.home).sharesPerToken()));
    expect(await s.tokenOn(s.home).sharesOf(pool)).to.equal(donated);
    expectSuccess(await s.deliver());
    expect(await s.balanceOf(s.sat1, "bob")).to.equal(AMOUNT);
    await s.expectConserved();

    await recover(s, s.home, pool, donated);
    expect(await s.balanceOf(s.home, "bob")).to.equal(7n);
    await s.expectConserved();
  });
});

/** Moves the recovered tokens to Bob as the token's admin; no other account can. */
async function recover(s: Scenario, chain: MeshChain, from: string, shares: bigint): Promise<void> {
  expect(
    await failureOf(s.tokenOn(chain, "operations").recoverShares(from, s.address("bob"), shares)),
  ).to.equal(
    `AccessControlUnauthorizedAccount(account: ${s.address("operations")}, neededRole: ${ZeroHash})`,
  );
  const admin = await s.timelock(chain);
  await mined(s.tokenOn(chain, admin).recoverShares(from, s.address("bob"), shares));
}
