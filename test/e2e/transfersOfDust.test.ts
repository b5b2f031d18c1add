import { expect } from "chai";
import { parseEther } from "ethers";
import { localAccount } from "ccip-localnet";
import type { Message } from "ccip-localnet/protocol";

import { LANE_KINDS, expectSuccess, useWorld } from "../shared/scenario";
import type { Holder, Route, Scenario } from "../shared/scenario";
import { WORLD_NAME } from "../shared/world";

async function aliceEverywhere(s: Scenario): Promise<void> {
  for (const chain of s.all) await s.give(chain, "alice", parseEther("5000"));
}

describe(`Transfers of dust (${WORLD_NAME})`, () => {
  const scenario = useWorld(aliceEverywhere);

  describe("a round trip", () => {
    for (const { from, to, title } of LANE_KINDS) {
      it(`${title} and back at one index returns the same tokens and shares [I26]`, async () => {
        const s = scenario();
        await s.rebase("3.7");
        const there = s.route({ from, to });
        const back = { from: there.to, to: there.from };
        const [shares, balance] = [
          await s.sharesOf(there.from, "alice"),
          await s.balanceOf(there.from, "alice"),
        ];
        // Bob has nothing there, so what he gets is all that he has to send back.
        await travel(s, there, "alice", 1_234_567n, "bob");
        await travel(s, back, "bob", await s.balanceOf(there.to, "bob"), "alice");

        expect(await s.sharesOf(there.from, "alice")).to.equal(shares);
        expect(await s.balanceOf(there.from, "alice")).to.equal(balance);
        expect(await s.sharesOf(there.to, "bob")).to.equal(0n);
        await s.expectConserved();
      });

      it(`${title} and back over two rebases returns all but dust, which stays [I26]`, async () => {
        const s = scenario();
        const there = s.route({ from, to });
        const back = { from: there.to, to: there.from };
        const shares = await s.sharesOf(there.from, "alice");
        await travel(s, there, "alice", 1_234_567n, "bob");
        await s.rebase("3.7");
        await s.rebase("-1.3");
        await travel(s, back, "bob", await s.balanceOf(there.to, "bob"), "alice");

        const dust = await s.sharesOf(there.to, "bob");
        expect(await s.sharesOf(there.from, "alice")).to.equal(shares - dust);
        expect(await s.balanceOf(there.to, "bob")).to.equal(0n);
        expect(dust).to.be.above(0n);
        await s.expectConserved();
      });
    }

    it("through a stale satellite gains nothing: the value is in the shares [E6, E7, I27]", async () => {
      const s = scenario();
      const [shares, stayed] = [await s.sharesOf(s.home, "alice"), parseEther("1000")];
      // The home has grown and sat1 does not know: there, the same shares count for less.
      await s.rebase("10", [s.sat2]);
      const there = { from: s.home, to: s.sat1 };
      await travel(s, there, "alice", stayed, "bob");
      expect(await s.balanceOf(s.sat1, "bob")).to.be.below(stayed);
      await travel(
        s,
        { from: s.sat1, to: s.home },
        "bob",
        await s.balanceOf(s.sat1, "bob"),
        "alice",
      );

      const dust = await s.sharesOf(s.sat1, "bob");
      expect(await s.sharesOf(s.home, "alice")).to.equal(shares - dust);
      expect(dust).to.be.below(await s.tokenOn(s.sat1).sharesPerToken());
      await s.expectConserved();
    });
  });

  describe("twenty under one root", () => {
    const COUNT = 20;

    for (const { order, arrange } of [
      { order: "oldest first", arrange: (sent: Message[]) => sent },
      { order: "newest first", arrange: (sent: Message[]) => [...sent].reverse() },
    ]) {
      it(`arrive ${order}`, async () => {
        const s = scenario();
        const route = { from: s.home, to: s.sat2 };
        const sent: Message[] = [];
        for (let i = 0; i < COUNT; i++) {
          const amount = 1_000n + BigInt(i);
          sent.push((await s.send(route, "alice", amount, crowd(i))).message);
        }
        await s.rebase("2.9", []);
        const verified = await s.verify(route);
        expect(verified.map(({ messageId }) => messageId)).to.deep.equal(
          sent.map(({ messageId }) => messageId),
        );
        await s.expectConserved();

        const wanted = arrange(sent);
        const deliveries = await s.ccip.execute(s.lane(route), wanted);
        expectSuccess(deliveries);
        expect(deliveries.map(({ messageId }) => messageId)).to.deep.equal(
          wanted.map(({ messageId }) => messageId),
        );
        for (const [i, message] of sent.entries()) {
          expect(await s.tokenOn(s.sat2).sharesOf(crowd(i)), `receiver ${i}`).to.equal(
            s.sharesIn(message),
          );
        }
        await s.expectConserved();
      });
    }
  });
});

/** Sends and delivers, whatever else waits on other lanes. */
async function travel(
  s: Scenario,
  route: Route,
  from: Holder,
  amount: bigint,
  to: Holder,
): Promise<void> {
  await s.send(route, from, amount, s.address(to));
  await s.verify(route);
  expectSuccess(await s.execute(route));
}

/** One of many receivers who have nothing to do with the mesh. */
function crowd(i: number): string {
  return localAccount(1_000 + i).address;
}
