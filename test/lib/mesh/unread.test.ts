import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import hre from "hardhat";

import type { Voice } from "../../../lib/cli/voice";
import { Compiled } from "../../../lib/contracts/compiled";
import { verifyContracts } from "../../../lib/contracts/desk/verify";
import { showLimits } from "../../../lib/limits/desk/show";
import { checkMesh } from "../../../lib/mesh/desk/check";
import type { Desk } from "../../../lib/mesh/desk/desk";
import { showMesh } from "../../../lib/mesh/desk/show";
import { showStatus } from "../../../lib/rebase/desk/status";
import { showRoles } from "../../../lib/roles/desk/show";
import { showAudit } from "../../../lib/supply/desk/audit";
import { deskAt, silent } from "../../shared/desk";
import { wiredMeshFixture } from "../../shared/meshFixture";

const [HOME, SAT1, SAT2] = ["local-home", "local-sat1", "local-sat2"] as const;
const ALL = [HOME, SAT1, SAT2] as const;

const compiled = new Compiled(hre.config.paths.artifacts);

/** Tasks that read every chain, the verdict in their documents, and what they say of a mesh that is whole. */
const tasks: readonly {
  readonly task: string;
  readonly run: (desk: Desk, json: boolean, voice: Voice) => Promise<unknown>;
  readonly verdict?: string;
  readonly whole?: RegExp;
  /** What is said instead, of the chain that is absent. */
  readonly open: (absent: string) => string;
  /** Whether nothing but what is wrong is listed. */
  readonly brief?: boolean;
}[] = [
  {
    task: "rebase status",
    run: (desk, json, voice) => showStatus(desk, { json }, voice),
    verdict: "inStep",
    whole: /all 2 satellites are in step/,
    open: (absent) => `cannot tell whether the satellites are in step until ${absent} is read`,
  },
  {
    task: "limits show",
    run: (desk, json, voice) => showLimits(desk, { json }, voice),
    verdict: "inStep",
    whole: /Every lane is as declared/,
    open: (absent) => `Cannot tell whether every lane is as declared until ${absent} is read.`,
  },
  {
    task: "roles show",
    run: (desk, json, voice) => showRoles(desk, { json }, voice),
    verdict: "inStep",
    whole: /every role and ownership is where/,
    open: (absent) =>
      `cannot tell whether every role is where the mesh file says until ${absent} is read.`,
  },
  {
    task: "contracts verify",
    run: (desk, json, voice) =>
      verifyContracts(desk, { json, compiled, creationOf: () => undefined }, voice),
    verdict: "equal",
    whole: /all 16 contracts/,
    open: (absent) =>
      `cannot tell whether every contract is what this checkout makes until ${absent} is read.`,
  },
  {
    task: "supply audit",
    run: (desk, json, voice) => showAudit(desk, { json }, voice),
    verdict: "conserved",
    whole: /Conserved: every share/,
    open: (absent) =>
      `The audit could not be done: cannot tell whether every share is there until ${absent} is read.`,
  },
  {
    task: "mesh check",
    run: (desk, json, voice) => checkMesh(desk, { json }, voice),
    verdict: "inStep",
    whole: /is in step/,
    open: (absent) => `may be in step or not, for ${absent} was not read`,
    brief: true,
  },
  {
    task: "mesh show",
    run: (desk, json, voice) => showMesh(desk, { json }, voice),
    open: () => "not read",
  },
];

interface Document {
  readonly [key: string]: unknown;
  readonly unread: Record<string, string>;
}

describe("With one chain of a mesh that does not answer,", () => {
  for (const { task, run, verdict, whole, open, brief } of tasks) {
    it(`${task} says what holds of the others, and cannot tell of the mesh`, async () => {
      const world = await loadFixture(wiredMeshFixture);
      if (whole) {
        const { desk, voice, printed } = deskAt(world);
        await run(desk, false, voice);
        expect(printed.join("\n")).to.match(whole);
      }
      for (const absent of ALL) {
        const why = `${absent} does not answer`;
        const known = (desk: Desk): Desk => ({
          ...desk,
          unreachable: new Map([[absent, new Error(why)]]),
        });
        for (const without of [known, (desk: Desk) => silent(desk, absent)]) {
          const { desk, voice, printed, said } = deskAt(world);
          await run(without(desk), false, voice);
          const text = printed.join("\n");
          expect(text, absent).to.include(open(absent)).and.to.include("not read");
          if (whole) expect(text, absent).to.not.match(whole);
          for (const other of brief ? [] : ALL) expect(text, absent).to.include(other);
          expect(said.join("\n"), absent).to.include(`${absent} was not read: ${absent} does not`);

          const machine = deskAt(world);
          await run(without(machine.desk), true, machine.voice);
          const [json = "", ...more] = machine.printed;
          expect(more).to.be.empty;
          const document = JSON.parse(json) as Document;
          expect(Object.keys(document.unread)).to.deep.equal([absent]);
          expect(document.unread[absent]).to.include(why);
          if (verdict) expect(document[verdict], absent).to.equal(null);
        }
      }
    });
  }

  it("limits show leaves open both ends that it does not know, and tells the others", async () => {
    const world = await loadFixture(wiredMeshFixture);
    const { desk, voice } = deskAt(world);
    const { lanes } = await showLimits(silent(desk, SAT2), { json: false }, voice);
    const ends = lanes.map(({ source, destination, outbound, inbound, fits }) => [
      `${source} -> ${destination}`,
      outbound.differs,
      inbound.differs,
      fits,
    ]);
    expect(ends).to.deep.equal([
      [`${HOME} -> ${SAT1}`, false, false, true],
      [`${HOME} -> ${SAT2}`, false, undefined, undefined],
      [`${SAT1} -> ${HOME}`, false, false, true],
      [`${SAT1} -> ${SAT2}`, false, undefined, undefined],
      [`${SAT2} -> ${HOME}`, undefined, false, undefined],
      [`${SAT2} -> ${SAT1}`, undefined, false, undefined],
    ]);
  });

  it("supply audit has no sum, and the shares of each chain that answered", async () => {
    const world = await loadFixture(wiredMeshFixture);
    const { desk, voice, printed } = deskAt(world);
    await showAudit(silent(desk, SAT1), { json: true }, voice);
    const { chains, ...rest } = JSON.parse(printed.join("\n")) as Document & {
      readonly chains: readonly { readonly chain: string; readonly totalShares: string }[];
    };
    expect(rest).to.deep.include({ sharesInFlight: null, difference: null, checks: null });
    expect(chains.map(({ chain }) => chain)).to.deep.equal([HOME, SAT2]);
    expect(chains.every(({ totalShares }) => /^\d+$/.test(totalShares))).to.equal(true);
  });

  it("a difference that was found on another is one all the same", async () => {
    const world = await loadFixture(wiredMeshFixture);
    const change = { admin: { timelockDelay: 61, handoverDelay: 61 } };
    const { desk, voice, printed } = deskAt(world, change);
    await showRoles(silent(desk, SAT2), { json: true }, voice);
    expect(JSON.parse(printed.join("\n"))).to.deep.include({ inStep: false });
  });
});
