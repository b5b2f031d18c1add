import { expect } from "chai";
import { parseEther } from "ethers";

import { safeFiles } from "../../lib/cli/mesh/safe";
import { signerFor } from "../../lib/localnet/wiring";
import { compareMesh } from "../../lib/mesh/check";
import { readBuckets } from "../../lib/mesh/components/pool/contract";
import { implementationOf } from "../../lib/mesh/components/token";
import { readPlan } from "../../lib/mesh/read";
import { openSteps } from "../../lib/mesh/step";
import type { Step } from "../../lib/mesh/step";
import type { Mesh } from "../../lib/core/mesh/mesh";
import { parseMesh } from "../../lib/core/mesh/parse";
import type { MeshInput } from "../../lib/core/mesh/schema";
import { localMesh } from "../../config/meshes/local";
import { RebaseTokenNext__factory } from "../../typechain-types";
import { max } from "../shared/minmax";
import { apply } from "../shared/meshFixture";
import { expectSuccess, mined, useWorld } from "../shared/scenario";
import type { Scenario } from "../shared/scenario";
import { WORLD_NAME, completeWorld, sharedWorld } from "../shared/world";

/** The mesh of a scenario, governed from home. */
function governed(s: Scenario, change: Partial<MeshInput> = {}): Mesh {
  const config = parseMesh({ ...localMesh(s.chains.length), governance: "home", ...change });
  return { ...s.mesh, config };
}

/** Records a new implementation for the token of every satellite. */
async function withUpgrades(s: Scenario, mesh: Mesh): Promise<Mesh> {
  const satellites = [];
  for (const chain of mesh.satellites) {
    const next = await new RebaseTokenNext__factory(s.signer(chain, "deployer")).deploy();
    await next.waitForDeployment();
    const running = await implementationOf(chain.provider, chain.contracts.token);
    const implementation = {
      address: await next.getAddress(),
      migration: "0x",
      previous: [running],
    };
    satellites.push({ ...chain, implementation });
  }
  return { ...mesh, satellites };
}

/** The id of a step without the part that differs from run to run. */
function shortened(id: string): string {
  return id.replace(/ [0-9a-f]{8}$/, "");
}

/** Sends tokens from home to every satellite, and back. */
async function transferBothWays(s: Scenario): Promise<void> {
  for (const satellite of s.mesh.satellites) {
    for (const route of [
      { from: s.home, to: satellite },
      { from: satellite, to: s.home },
    ]) {
      await s.send(route, "alice", parseEther("10"), s.address("bob"));
    }
  }
}

/** The open steps, and what each waits for; what differs from run to run is left out. */
async function progress(mesh: Mesh): Promise<string[]> {
  const { steps } = await readPlan(mesh);
  return openSteps(steps).map(({ id, status }) => {
    const reason = status.kind === "waiting" ? status.reason.replace(/0x\w+/, "0x…") : status.kind;
    return `${shortened(id)}: ${reason}`;
  });
}

describe(`A mesh that is governed from home (${WORLD_NAME})`, () => {
  // A local network has every contract.
  const scenario = useWorld(undefined, WORLD_NAME === "in process" ? completeWorld : sharedWorld);

  it("upgrades the token of all satellites by one operation of home, with transfers in flight both ways", async () => {
    const s = scenario();
    const mesh = await withUpgrades(s, governed(s));
    const world = { ...s, mesh };
    for (const chain of s.all) await s.give(chain, "alice", parseEther("1000"));
    await transferBothWays(s);
    const seen: string[][] = [];
    const sent: string[] = [];
    const { open } = await apply(world, {
      onSent: ({ id }) => sent.push(shortened(id)),
      whileWaiting: async (steps) => {
        seen.push(await progress(mesh));
        const { differences } = await compareMesh(mesh);
        expect(differences.map(({ id }) => id)).to.deep.equal(
          mesh.satellites.map(({ name }) => `${name}/token/upgrade`),
        );
        const goesOn = await pass(s, steps);
        await transferBothWays(s);
        return goesOn;
      },
    });
    expect(open).to.deep.equal([]);
    expect(sent.slice(0, 3)).to.deep.equal([
      "local-home/timelock/propose for satellites",
      "local-home/proposals/fees",
      "local-home/proposals/send",
    ]);
    expect(sent.slice(3)).to.have.members(["local-sat1/token/upgrade", "local-sat2/token/upgrade"]);
    expect(seen).to.deep.equal([
      [
        "local-home/proposals/send: the delay of the timelock",
        "local-sat1/token/upgrade: the delay of home's timelock",
        "local-sat2/token/upgrade: the delay of home's timelock",
      ],
      [
        "local-sat1/token/upgrade: CCIP to deliver proposal 1 for local-sat1 (message 0x…)",
        "local-sat2/token/upgrade: CCIP to deliver proposal 1 for local-sat2 (message 0x…)",
      ],
      [
        "local-sat1/token/upgrade: the delay of the timelock",
        "local-sat2/token/upgrade: the delay of the timelock",
      ],
    ]);
    for (const { provider, contracts, implementation } of mesh.satellites) {
      expect(await implementationOf(provider, contracts.token)).to.equal(implementation?.address);
    }
    expectSuccess(await s.deliver());
    await s.rebase("5");
    await s.expectConserved();
    expect((await compareMesh(mesh)).differences).to.deep.equal([]);
  });

  it("is signed elsewhere as well: what home proposes, the fees, what home sends, what each timelock executes", async () => {
    const s = scenario();
    const mesh = await withUpgrades(s, governed(s));
    const files = safeFiles(mesh, await readPlan(mesh));
    const { operations } = mesh.config.roles;
    expect(
      files.map(({ phase, chain, owner, steps }) => [phase, chain, owner, steps.map(shortened)]),
    ).to.deep.equal([
      [1, "local-home", operations, ["local-home/timelock/propose for satellites"]],
      [1, "local-home", mesh.operator, ["local-home/proposals/fees"]],
      [2, "local-home", operations, ["local-home/proposals/send"]],
      [3, "local-sat1", operations, ["local-sat1/token/upgrade"]],
      [3, "local-sat2", operations, ["local-sat2/token/upgrade"]],
    ]);
    // What is signed in advance is what the timelocks execute in the end.
    for (const [position, { chain, owner, batch }] of files.entries()) {
      const at = s.all.find(({ name }) => name === chain);
      if (!at) throw new Error(`${chain} is not in the mesh.`);
      const signer = await signerFor(at, owner);
      for (const { to, value, data } of batch.transactions) {
        await mined(signer.sendTransaction({ to, value: BigInt(value), data }));
      }
      if (position === 1 || position === 2) {
        await s.deliver();
        await s.waitUntil(BigInt(await s.now()) + 61n);
      }
    }
    expect((await compareMesh(mesh)).differences).to.deep.equal([]);
  });

  it("changes limits on three chains, where the timelocks set them, by one operation of home for both satellites", async () => {
    const s = scenario();
    const own = Object.fromEntries(
      s.all.map(({ name, contracts }) => [name, { roles: { rateLimitAdmin: contracts.timelock } }]),
    );
    await apply({ ...s, mesh: governed(s, { chains: own }) }, forward(s));
    const { lanes } = localMesh(s.chains.length);
    const outbound = { capacity: "50000", rate: "50" };
    const mesh = governed(s, { chains: own, lanes: { ...lanes, outbound } });
    const sent: string[] = [];
    const { open } = await apply(
      { ...s, mesh },
      { ...forward(s), onSent: ({ id }) => sent.push(shortened(id)) },
    );
    expect(open).to.deep.equal([]);
    expect(sent.filter((id) => id.includes("/propos") && id.startsWith("local-sat"))).to.be.empty;
    expect(sent.filter((id) => id === "local-home/proposals/send")).to.have.length(1);
    for (const chain of s.all) {
      for (const peer of s.all.filter((other) => other !== chain)) {
        const { outbound: bucket } = await readBuckets(
          chain.provider,
          chain.contracts.pool,
          peer.selector,
        );
        expect(bucket.capacity).to.equal(parseEther("50000"));
      }
    }
    expect((await compareMesh(mesh)).differences).to.deep.equal([]);
  });
});

/** Lets pass what a run waits for. */
function forward(s: Scenario) {
  return { whileWaiting: (steps: readonly Step[]) => pass(s, steps) };
}

async function pass(s: Scenario, steps: readonly Step[]): Promise<boolean> {
  const times = steps.flatMap(({ status }) =>
    status.kind === "waiting" && status.until !== undefined ? [status.until] : [],
  );
  if (times.length === steps.length) {
    await s.waitUntil(max(0n, ...times));
    return true;
  }
  return (await s.deliver()).length > 0;
}
