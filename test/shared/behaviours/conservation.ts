import { expect } from "chai";
import { parseEther } from "ethers";
import type { Delivery, PendingMessage } from "ccip-localnet";

import { pairsOf } from "../../../lib/core/mesh/mesh";
import type { MeshChain } from "../../../lib/core/mesh/mesh";
import { expectedOf } from "../ccipExpectations";
import { Dice, atStep } from "../seededRandom";
import { expectSuccess, failureOf, mined, reasonOf } from "../scenario";
import type { Holder, Route, Scenario, useWorld } from "../scenario";

const STEPS = 60;
const HOLDERS = ["alice", "bob", "carol"] as const satisfies readonly Holder[];
const PERCENTS = ["4.3", "-3.1", "7.77", "-0.9", "0"] as const;

/** Changes of the scenario to the mesh that are not undone. */
interface Troubles {
  readonly paused: Set<MeshChain>;
  readonly cursed: Set<Route>;
  /** Lanes of the messages that failed and were not executed by hand yet, by their id. */
  readonly failed: Map<string, Route>;
}

/** One thing that may happen; if the troubles forbid it, it has to be refused, and say so. */
interface Action {
  /** Weight among the actions. */
  readonly odds: number;
  happen(s: Scenario, random: Dice, troubles: Troubles): Promise<unknown>;
}

const HAPPENINGS: Readonly<Record<string, Action>> = {
  mint: {
    odds: 2,
    happen: (s, random, troubles) => {
      const minting = s.mint(random.pick(HOLDERS), random.amount(parseEther("1000")));
      return unlessPaused(troubles, s.home, minting);
    },
  },
  burn: {
    odds: 2,
    happen: async (s, random, troubles) => {
      const staked = await stake(s, random, s.home);
      if (!staked) return;
      const { holder, amount } = staked;
      await mined(s.tokenOn(s.home, holder).approve(s.address("issuer"), amount));
      const burning = mined(s.tokenOn(s.home, "issuer").burn(s.address(holder), amount));
      await unlessPaused(troubles, s.home, burning);
    },
  },
  transfer: {
    odds: 3,
    happen: async (s, random, troubles) => {
      const chain = random.pick(s.all);
      const staked = await stake(s, random, chain);
      if (!staked) return;
      const { holder, amount } = staked;
      const to = s.address(random.pick(HOLDERS));
      await unlessPaused(troubles, chain, mined(s.tokenOn(chain, holder).transfer(to, amount)));
    },
  },
  send: {
    odds: 10,
    happen: async (s, random, troubles) => {
      const route = random.pick(routesOf(s));
      const staked = await stake(s, random, route.from);
      if (!staked) return;
      const { holder, amount } = staked;
      const sending = s.send(route, holder, amount, s.address(random.pick(HOLDERS)));
      if (isCursed(troubles, route)) {
        const isPaused = troubles.paused.has(route.from);
        expect(await failureOf(sending)).to.contain(
          expectedOf(s.lane(route).source.ccip.version).cursedSend(isPaused),
        );
      } else {
        await unlessPaused(troubles, route.from, sending);
      }
    },
  },
  commit: {
    odds: 4,
    happen: async (s, random, troubles) => {
      const routes = await busyRoutes(s, troubles, (pending) => !pending.verified);
      if (routes.length > 0) await s.ccip.verify(s.lane(random.pick(routes)), 1 + random.below(3));
    },
  },
  execute: {
    odds: 4,
    happen: async (s, random, troubles) => {
      const routes = await busyRoutes(s, troubles, (pending) => pending.verified);
      if (routes.length === 0) return;
      expectOutcomes(s, troubles, await s.execute(random.pick(routes)));
    },
  },
  "deliver all lanes": {
    odds: 2,
    happen: async (s, _, troubles) => expectOutcomes(s, troubles, await s.deliver()),
  },
  "hold or release a lane": {
    odds: 2,
    happen: (s, random) => {
      const lane = s.lane(random.pick(routesOf(s)));
      if (s.ccip.faults.of(lane).hold) s.ccip.faults.clear(lane);
      else s.ccip.faults.hold(lane);
      return Promise.resolve();
    },
  },
  "execute by hand": {
    odds: 4,
    happen: async (s, random, troubles) => {
      if (troubles.failed.size === 0) return;
      const [messageId, route] = random.pick([...troubles.failed]);
      const execution = s.executeManually(route, messageId);
      if (isCursed(troubles, route)) {
        expect(await failureOf(execution)).to.contain("CursedByRMN");
      } else if (await unlessPaused(troubles, route.to, execution)) {
        troubles.failed.delete(messageId);
      }
    },
  },
  rebase: {
    odds: 3,
    happen: async (s, random) => {
      const { effectiveAt } = await s.tokenOn(s.home).indexState();
      await s.waitUntil(effectiveAt);
      await s.rebaseHome(random.pick(PERCENTS));
    },
  },
  broadcast: {
    odds: 3,
    happen: (s, random) => s.broadcastAll([random.pick(s.mesh.satellites)]),
  },
  "let time pass": {
    odds: 2,
    happen: async (s, random) => s.waitUntil(BigInt((await s.now()) + 1 + random.below(1_000))),
  },
  "curse or uncurse a lane": {
    odds: 2,
    happen: async (s, random, { cursed }) => {
      const [lifted] = [...cursed];
      if (lifted) {
        await s.uncurse(lifted);
        cursed.delete(lifted);
      } else {
        const route = random.pick(routesOf(s));
        await s.curse(route);
        cursed.add(route);
      }
    },
  },
  "pause or unpause a chain": {
    odds: 3,
    happen: async (s, random, { paused }) => {
      const [halted] = [...paused];
      if (halted) {
        await mined(s.tokenOn(halted, "operations").unpause());
        paused.delete(halted);
      } else {
        const chain = random.pick(s.all);
        await mined(s.tokenOn(chain, "guardian").pause());
        paused.add(chain);
      }
    },
  },
};

/** Every name as often as its odds say. */
const DECK = Object.entries(HAPPENINGS).flatMap(([name, { odds }]) =>
  Array.from({ length: odds }, () => name),
);

/** Checks that random actions on a mesh lose no share, with any versions of CCIP on its lanes. */
export function shouldConserve(useIt: typeof useWorld, stories: number): void {
  const scenario = useIt(async (s) => {
    for (const chain of s.all) await s.give(chain, "alice", parseEther("1000"));
  });

  for (let story = 0; story < stories; story++) {
    const random = new Dice(new Dice().seed + story);

    it(`holds at each of ${STEPS} random steps, with nothing lost in the end (seed ${random.seed})`, async () => {
      const s = scenario();
      const troubles: Troubles = { paused: new Set(), cursed: new Set(), failed: new Map() };
      for (let step = 1; step <= STEPS; step++) {
        const name = random.pick(DECK);
        await atStep(random, `step ${step}, ${name}`, async () => {
          await HAPPENINGS[name]?.happen(s, random, troubles);
          await s.expectConserved();
          await expectSolvent(s, random.pick(s.all));
        });
      }
      await atStep(random, "the healing", async () => {
        await heal(s, troubles);
        await s.expectConserved();
      });
    });
  }
}

/**
 * Expects an action to succeed, or to be refused with EnforcedPause while the chain is paused.
 * @returns whether it happened.
 */
async function unlessPaused(
  { paused }: Troubles,
  chain: MeshChain,
  action: Promise<unknown>,
): Promise<boolean> {
  if (paused.has(chain)) expect(await failureOf(action)).to.contain("EnforcedPause()");
  else await action;
  return !paused.has(chain);
}

/** Messages with tokens fail exactly where the destination is paused; broadcasts never do. */
function expectOutcomes(
  s: Scenario,
  { paused, failed }: Troubles,
  deliveries: readonly Delivery[],
): void {
  for (const delivery of deliveries) {
    if (delivery.state === "success") continue;
    const route = routesOf(s).find(
      ({ from, to }) => from.name === delivery.source && to.name === delivery.destination,
    );
    if (!route) throw new Error(`${delivery.source} is not a chain of the mesh.`);
    const { refusedByPool } = expectedOf(s.lane(route).source.ccip.version);
    expect(reasonOf(delivery)).to.equal(refusedByPool(route.to, "EnforcedPause()"));
    expect(paused.has(route.to), `${route.to.name} is paused`).to.equal(true);
    failed.set(delivery.messageId, route);
  }
}

/** The holders' shares are all there are on a chain, and their balances at most the supply. */
async function expectSolvent(s: Scenario, chain: MeshChain): Promise<void> {
  const token = s.tokenOn(chain);
  const [shares, balances, totalShares, totalSupply] = await Promise.all([
    Promise.all(HOLDERS.map((holder) => s.sharesOf(chain, holder))),
    Promise.all(HOLDERS.map((holder) => s.balanceOf(chain, holder))),
    token.totalShares(),
    token.totalSupply(),
  ]);
  const sum = (values: readonly bigint[]) => values.reduce((a, b) => a + b, 0n);
  expect(sum(shares), `shares of all holders on ${chain.name}`).to.equal(totalShares);
  expect(sum(balances), `balances on ${chain.name}`).to.be.at.most(totalSupply);
}

/** Every trouble is lifted, every message arrives, and all chains count by home's index. */
async function heal(s: Scenario, { paused, cursed, failed }: Troubles): Promise<void> {
  for (const chain of paused) await mined(s.tokenOn(chain, "operations").unpause());
  for (const route of cursed) await s.uncurse(route);
  s.ccip.faults.clear();
  await s.broadcastAll();
  const deliveries = await s.deliver();
  expectSuccess(deliveries);
  for (const [messageId, route] of failed) {
    expectSuccess([await s.executeManually(route, messageId)]);
  }
  expect((await s.audit()).inFlight).to.deep.equal([]);

  const { effectiveAt } = await s.tokenOn(s.home).indexState();
  await s.waitUntil(effectiveAt);
  const index = await s.tokenOn(s.home).sharesPerToken();
  for (const chain of s.mesh.satellites) {
    expect(await s.tokenOn(chain).sharesPerToken(), chain.name).to.equal(index);
  }
}

function routesOf(s: Scenario): Route[] {
  return pairsOf(s.all).map(({ source, destination }) => ({ from: source, to: destination }));
}

/** The lanes with such messages that no curse closes. */
async function busyRoutes(
  s: Scenario,
  troubles: Troubles,
  wanted: (pending: PendingMessage) => boolean,
): Promise<Route[]> {
  const open = routesOf(s).filter((route) => !isCursed(troubles, route));
  const pending = await Promise.all(open.map((route) => s.ccip.pending(s.lane(route))));
  return open.filter((_, i) => pending[i]?.some(wanted));
}

/** A curse names a lane's two ends, so it stops both directions. */
function isCursed({ cursed }: Troubles, { from, to }: Route): boolean {
  return [...cursed].some(
    (route) => (route.from === from && route.to === to) || (route.from === to && route.to === from),
  );
}

/** Finds the largest holder of a chain, and an amount to move; undefined when no account has a whole unit. */
async function stake(
  s: Scenario,
  random: Dice,
  chain: MeshChain,
): Promise<{ holder: Holder; amount: bigint } | undefined> {
  const balances = await Promise.all(HOLDERS.map((holder) => s.balanceOf(chain, holder)));
  const most = balances.reduce((a, b) => (a > b ? a : b));
  const holder = HOLDERS[balances.indexOf(most)];
  return holder && most > 0n ? { holder, amount: random.amount(most) } : undefined;
}
