import { expect } from "chai";

import { coreMesh } from "../../../config/meshes/local";
import { applyPlan } from "../../../lib/cli/mesh/apply";
import { exportMesh, showPlan } from "../../../lib/cli/mesh/plan";
import { readPlan } from "../../../lib/mesh/read";
import { parsePart } from "../../../lib/mesh/selection";
import { openSteps } from "../../../lib/mesh/step";
import { loadFixture } from "../../shared/fixture";
import { deployedMeshFixture, wiredMeshFixture } from "../../shared/meshFixture";
import { contextAt } from "../../shared/operatorContext";

const PAIRS = { "local-home -> local-sat1": { capacity: "5000", rate: "5" } };
const CHANGED = {
  lanes: { ...coreMesh().lanes, pairs: PAIRS },
  controller: { ...coreMesh().controller, minInterval: 7 },
};
const LIMIT_STEPS = ["local-home/pool/limits local-sat1", "local-sat1/pool/limits local-home"];

describe("A part of a plan", () => {
  it("has the steps of its subject, and leaves the others open when it is applied", async () => {
    const { context, output, printed, said } = contextAt(
      await loadFixture(wiredMeshFixture),
      CHANGED,
    );
    const result = await applyPlan(
      context,
      {
        only: parsePart("limits"),
        json: false,
        wait: false,
        allowDestructive: false,
        confirm: () => Promise.resolve(),
      },
      output,
    );
    expect(result).to.deep.equal({ sent: 2, open: [] });
    expect(said.join("\n")).to.include("Only limits.").and.not.include("controller");
    expect(printed.join()).to.include("2 transactions sent, nothing left to do");
    const { steps } = await readPlan(context.mesh);
    expect(openSteps(steps).map(({ id }) => id)).to.deep.equal([
      "local-home/timelock/propose controller/config",
      "local-home/controller/config",
    ]);

    printed.length = 0;
    await showPlan(
      context,
      { only: parsePart("limits"), json: false, allowDestructive: false },
      output,
    );
    expect(printed.join()).to.include("every chain is as declared as far as limits is concerned");
  });

  it("includes the earlier steps of other subjects, and names them", async () => {
    const { context, output, printed } = contextAt(await loadFixture(deployedMeshFixture));
    const plan = await showPlan(
      context,
      { only: parsePart("pool"), json: true, allowDestructive: false },
      output,
    );
    const ids = openSteps(plan.steps).map(({ id }) => id);
    // The lanes open once satellites can receive the index.
    expect(ids).to.include.members(["local-home/registry/pool", "local-sat1/receiver/source"]);
    expect(ids).to.not.include("local-home/controller/offer");
    const document = JSON.parse(printed.join()) as { only: string; dependencies: string[] };
    expect(document.only).to.equal("pool");
    expect(document.dependencies).to.include("local-sat1/receiver/source");
    expect(document.dependencies).to.not.include("local-home/pool/remote local-sat1");
  });

  it("can be exported for signing elsewhere", async () => {
    const { context, output } = contextAt(await loadFixture(wiredMeshFixture), CHANGED);
    const out = `${process.env.TMPDIR ?? "/tmp"}/selection-export`;
    const options = { only: parsePart("limits"), out, json: true, allowDestructive: false };
    const { files } = await exportMesh(context, options, output);
    expect(files.flatMap(({ steps }) => steps).sort()).to.deep.equal(LIMIT_STEPS);
  });

  const subjects = [
    {
      only: "roles",
      has: "local-home/token/ISSUER_ROLE",
      lacks: "local-home/pool/remote local-sat1",
    },
    { only: "token", has: "local-home/token/ISSUER_ROLE", lacks: "local-sat1/timelock/delay" },
    { only: "pool", has: "local-home/token/BRIDGE_ROLE", lacks: "local-home/timelock/delay" },
  ] as const;
  for (const { only, has, lacks } of subjects) {
    it(`has ${has} for --only ${only}, and not ${lacks}`, async () => {
      const { mesh } = await loadFixture(deployedMeshFixture);
      const { steps, selection } = await readPlan(mesh, { only: parsePart(only) });
      expect(selection?.name).to.equal(only);
      const ids = openSteps(steps).map(({ id }) => id);
      expect(ids).to.include(has).and.not.include(lacks);
    });
  }

  it("is refused for an unknown name", () => {
    expect(() => parsePart("limit")).to.throw(
      '--only "limit" is not a part of a plan: use one of limits, pool, token, roles.',
    );
  });
});
