import { expect } from "chai";

import { contractAt } from "../../../lib/core/abis";
import { CHAPTERS, parseChapter, runChapter } from "../../../lib/demo/chapters";
import type { LedgerLine } from "../../../lib/demo/ledger";
import { impersonate } from "../../shared/impersonate";
import { completeWorld } from "../../shared/world";
import type { World } from "../../shared/world";

const NO_BAND = { maxGrowth: 0, maxLoss: 0, minInterval: 0, maxSteps: 0, maxStepsByHand: 0 };

/** Runs the second chapter, and returns what it found and wrote down. */
async function runDefi(world: World) {
  const lines: LedgerLine[] = [];
  const notes: string[] = [];
  const progress = {
    during: <T>(_: string, action: () => Promise<T>) => action(),
    note: (text: string) => void notes.push(text),
  };
  const gas = new Map<string, bigint>();
  const findings = await runChapter("defi", { ...world, progress, gas, lines });
  if (!findings) throw new Error("The chapter has found nothing.");
  return { findings, lines, notes: notes.join("\n"), gas };
}

describe("The chapters of the demo", () => {
  it("are chosen by name", () => {
    expect(CHAPTERS.map(parseChapter)).to.deep.equal(["rebase", "defi"]);
    expect(() => parseChapter("DeFi")).to.throw(
      '--chapter "DeFi" is not a chapter of the demo: write rebase or defi.',
    );
  });

  it("show what DeFi holds, believes and upgrades, with every share accounted for after each action", async () => {
    const world = await completeWorld();
    const { home, satellites } = world.mesh;
    const { findings, lines, notes, gas } = await runDefi(world);
    const { pool, listeners, quarantined, proposals, wrapped } = findings;

    expect(lines.map(({ audit }) => audit.difference)).to.deep.equal(lines.map(() => 0n));
    const crossing = lines.find(({ event }) => event === "both satellites upgrade");
    expect(crossing?.audit.sharesInFlight).to.be.greaterThan(0n);

    expect(pool.grown).to.include({ wrapped: pool.opened.wrapped, link: pool.opened.link });
    // +5 % and +6 %, rounded against the supply each time.
    const grown = (pool.opened.worth * 105n * 106n) / 10_000n;
    expect(grown - pool.grown.worth).to.be.within(0n, 2n);

    const index = listeners[0]?.sharesPerToken;
    expect(listeners.filter(({ listener }) => listener === "rate feed")).to.deep.equal(
      [home, ...satellites].map(({ name: chain }) => ({
        ...{ chain, listener: "rate feed", epoch: 2n, sharesPerToken: index },
      })),
    );
    expect(notes).to.include("1.049999999");

    expect(quarantined.map(({ chain, epoch }) => [chain, epoch])).to.deep.equal(
      satellites.map(({ name }) => [name, 3n]),
    );
    expect(proposals.map(({ chain, nonce }) => [chain, nonce])).to.deep.equal(
      satellites.map(({ name }) => [name, 1n]),
    );
    expect(wrapped.sent - wrapped.arrived).to.be.within(0n, 2n);
    expect(gas.get("wrap")).to.be.greaterThan(0n);
  });

  it("stop where a satellite believes what it should hold back", async () => {
    const world = await completeWorld();
    const [{ provider = undefined } = {}] = world.chains;
    const [first] = world.mesh.satellites;
    if (!first || !provider) throw new Error("The world has no satellite.");
    const owner = await impersonate(provider, first.contracts.timelock);
    await contractAt.receiver(first.contracts.receiver, owner).setBand(NO_BAND);
    await expect(runDefi(world)).to.be.rejectedWith(`${first.name} did not hold epoch 3 back`);
  });
});
