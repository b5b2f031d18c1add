import { expect } from "chai";
import { parseEther } from "ethers";

import { pairsOf } from "../../lib/core/mesh/mesh";
import { LANE_KINDS, expectSuccess, useWorld } from "../shared/scenario";
import type { Route, Scenario } from "../shared/scenario";
import { WORLD_NAME } from "../shared/world";

/** Not a round number: rounding shows. */
const AMOUNT = parseEther("123.456789012345678901");

const REBASES = ["5", "0", "-5"] as const;

/** Time at which the rebase takes effect on every chain, relative to the message. */
const MOMENTS = [
  "before it is sent",
  "before its commit",
  "before its execution",
  "after it has arrived",
] as const;

/**
 * Alice holds tokens on every chain, and Bob dust on every chain: he received a few units over every
 * lane, and then the index moved.
 */
async function holdersWithHistory(s: Scenario): Promise<void> {
  for (const chain of s.all) await s.give(chain, "alice", parseEther("5000"));
  for (const { source, destination } of pairsOf(s.all)) {
    await s.send({ from: source, to: destination }, "alice", 7n, s.address("bob"));
  }
  expectSuccess(await s.deliver());
  await s.rebase("3.7");
}

describe(`Transfers (${WORLD_NAME})`, () => {
  describe("while the index moves", () => {
    const scenario = useWorld(holdersWithHistory);

    for (const { from, to, title } of LANE_KINDS) {
      for (const percent of REBASES) {
        for (const pinnedBlock of MOMENTS) {
          it(`from ${title}, a rebase of ${percent} % ${pinnedBlock}: the shares that left arrive [B5, C9, D27, I25]`, async () => {
            const s = scenario();
            const route = s.route({ from, to });
            const rebaseIf = async (now: (typeof MOMENTS)[number]) => {
              if (pinnedBlock === now) await s.rebase(percent);
            };

            await rebaseIf("before it is sent");
            const shares = await sendAmount(s, route);
            await rebaseIf("before its commit");
            await s.verify(route);
            await s.expectConserved();
            await rebaseIf("before its execution");
            await receiveShares(s, route, shares);
            await rebaseIf("after it has arrived");

            expect(await s.tokenOn(s.home).epoch(), "history's rebase and this one").to.equal(3n);
            await expectOneIndex(s);
            await s.expectConserved();
          });
        }
      }
    }
  });
});

/** Alice sends AMOUNT to Bob: her balance falls by exactly that, her shares by what travels. */
async function sendAmount(s: Scenario, route: Route): Promise<bigint> {
  const [shares, balance, index] = await Promise.all([
    s.sharesOf(route.from, "alice"),
    s.balanceOf(route.from, "alice"),
    s.tokenOn(route.from).sharesPerToken(),
  ]);
  const { message } = await s.send(route, "alice", AMOUNT, s.address("bob"));
  const travelling = s.sharesIn(message);
  expect(travelling).to.equal(AMOUNT * index);
  expect(await s.sharesOf(route.from, "alice")).to.equal(shares - travelling);
  expect(await s.balanceOf(route.from, "alice")).to.equal(balance - AMOUNT);
  return travelling;
}

/** The message is executed: Bob's shares rise by what travelled, his balance by what the pool says. */
async function receiveShares(s: Scenario, { from, to }: Route, travelled: bigint): Promise<void> {
  const [shares, balance, index] = await Promise.all([
    s.sharesOf(to, "bob"),
    s.balanceOf(to, "bob"),
    s.tokenOn(to).sharesPerToken(),
  ]);
  expect(shares % index, "Bob's dust").not.to.equal(0n);

  const deliveries = await s.execute({ from, to });
  expectSuccess(deliveries);

  const [amount] = await s.arrivedAmounts(to, deliveries);
  expect(await s.sharesOf(to, "bob")).to.equal(shares + travelled);
  expect(await s.balanceOf(to, "bob")).to.equal((shares + travelled) / index);
  expect(amount).to.equal((shares + travelled) / index - balance);
}

/** All chains count by home's index, and every balance is shares by that index, rounded down. */
async function expectOneIndex(s: Scenario): Promise<void> {
  const index = await s.tokenOn(s.home).sharesPerToken();
  for (const chain of s.all) {
    expect(await s.tokenOn(chain).sharesPerToken(), chain.name).to.equal(index);
    for (const holder of ["alice", "bob"] as const) {
      const shares = await s.sharesOf(chain, holder);
      expect(await s.balanceOf(chain, holder), `${holder} on ${chain.name}`).to.equal(
        shares / index,
      );
    }
  }
}
