import { expect } from "chai";
import hre from "hardhat";

import type { Output } from "../../../lib/cli/consoleOutput";
import { Compiled } from "../../../lib/explorer/compiled";
import { verifyContracts } from "../../../lib/cli/contracts/verify";
import { showLimits } from "../../../lib/cli/limits/show";
import { checkMesh } from "../../../lib/cli/mesh/check";
import type { OperatorContext } from "../../../lib/mesh/operator";
import { showMesh } from "../../../lib/cli/mesh/show";
import { showStatus } from "../../../lib/cli/rebase/status";
import { showRoles } from "../../../lib/cli/roles/show";
import { showAudit } from "../../../lib/cli/supply/audit";
import { loadFixture } from "../../shared/fixture";
import { contextAt, silent } from "../../shared/operatorContext";
import { wiredMeshFixture } from "../../shared/meshFixture";

const [HOME, SAT1, SAT2] = ["local-home", "local-sat1", "local-sat2"] as const;
const ALL = [HOME, SAT1, SAT2] as const;

const compiled = new Compiled(hre.config.paths.artifacts);

/** Tasks that read every chain, with the verdict in their documents and their text for an intact mesh. */
const tasks: readonly {
  readonly task: string;
  readonly run: (context: OperatorContext, json: boolean, output: Output) => Promise<unknown>;
  readonly verdict?: string;
  readonly whole?: RegExp;
  /** The text while a chain is absent. */
  readonly open: (absent: string) => string;
  /** True if only differences are listed. */
  readonly brief?: boolean;
}[] = [
  {
    task: "rebase status",
    run: (context, json, output) => showStatus(context, { json }, output),
    verdict: "synced",
    whole: /all 2 satellites are synced/,
    open: (absent) => `cannot tell whether the satellites are synced until ${absent} is read`,
  },
  {
    task: "limits show",
    run: (context, json, output) => showLimits(context, { json }, output),
    verdict: "upToDate",
    whole: /Every lane is as declared/,
    open: (absent) => `Cannot tell whether every lane is as declared until ${absent} is read.`,
  },
  {
    task: "roles show",
    run: (context, json, output) => showRoles(context, { json }, output),
    verdict: "upToDate",
    whole: /every role and ownership is where/,
    open: (absent) =>
      `cannot tell whether every role is where the mesh file says until ${absent} is read.`,
  },
  {
    task: "contracts verify",
    run: (context, json, output) =>
      verifyContracts(context, { json, compiled, creationOf: () => undefined }, output),
    verdict: "equal",
    whole: /all 16 contracts/,
    open: (absent) =>
      `cannot tell whether every contract is what this checkout makes until ${absent} is read.`,
  },
  {
    task: "supply audit",
    run: (context, json, output) => showAudit(context, { json }, output),
    verdict: "conserved",
    whole: /Conserved: every share/,
    open: (absent) =>
      `The audit could not be done: cannot tell whether every share is there until ${absent} is read.`,
  },
  {
    task: "mesh check",
    run: (context, json, output) => checkMesh(context, { json }, output),
    verdict: "upToDate",
    whole: /matches the mesh file/,
    open: (absent) => `may match the mesh file or not, for ${absent} was not read`,
    brief: true,
  },
  {
    task: "mesh show",
    run: (context, json, output) => showMesh(context, { json }, output),
    open: () => "not read",
  },
];

interface Document {
  readonly [key: string]: unknown;
  readonly unread: Record<string, string>;
}

describe("With one unreachable chain of a mesh,", () => {
  for (const { task, run, verdict, whole, open, brief } of tasks) {
    it(`${task} reports on the others, and not on the mesh as a whole`, async () => {
      const world = await loadFixture(wiredMeshFixture);
      if (whole) {
        const { context, output, printed } = contextAt(world);
        await run(context, false, output);
        expect(printed.join("\n")).to.match(whole);
      }
      for (const absent of ALL) {
        const why = `${absent} does not answer`;
        const known = (context: OperatorContext): OperatorContext => ({
          ...context,
          unreachable: new Map([[absent, new Error(why)]]),
        });
        for (const without of [known, (context: OperatorContext) => silent(context, absent)]) {
          const { context, output, printed, said } = contextAt(world);
          await run(without(context), false, output);
          const text = printed.join("\n");
          expect(text, absent).to.include(open(absent)).and.to.include("not read");
          if (whole) expect(text, absent).to.not.match(whole);
          for (const other of brief ? [] : ALL) expect(text, absent).to.include(other);
          expect(said.join("\n"), absent).to.include(`${absent} was not read: ${absent} does not`);

          const machine = contextAt(world);
          await run(without(machine.context), true, machine.output);
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

  it("limits show leaves both ends of its lanes open, and reports the others", async () => {
    const world = await loadFixture(wiredMeshFixture);
    const { context, output } = contextAt(world);
    const { lanes } = await showLimits(silent(context, SAT2), { json: false }, output);
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

  it("supply audit has no sum, but the shares of each chain that answered", async () => {
    const world = await loadFixture(wiredMeshFixture);
    const { context, output, printed } = contextAt(world);
    await showAudit(silent(context, SAT1), { json: true }, output);
    const { chains, ...rest } = JSON.parse(printed.join("\n")) as Document & {
      readonly chains: readonly { readonly chain: string; readonly totalShares: string }[];
    };
    expect(rest).to.deep.include({ sharesInFlight: null, difference: null, checks: null });
    expect(chains.map(({ chain }) => chain)).to.deep.equal([HOME, SAT2]);
    expect(chains.every(({ totalShares }) => /^\d+$/.test(totalShares))).to.equal(true);
  });

  it("a difference on another chain is reported as drift", async () => {
    const world = await loadFixture(wiredMeshFixture);
    const change = { admin: { timelockDelay: 61, handoverDelay: 61 } };
    const { context, output, printed } = contextAt(world, change);
    await showRoles(silent(context, SAT2), { json: true }, output);
    expect(JSON.parse(printed.join("\n"))).to.deep.include({ upToDate: false });
  });
});
