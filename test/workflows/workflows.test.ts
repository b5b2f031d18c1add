import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";
import hre from "hardhat";
import { load } from "js-yaml";
import { z } from "zod";

import { rpcUrlVariable } from "../../config/env";
import { meshByName } from "../../config/meshes";
import { keeperOptionsOf } from "../../lib/rebase/keeperOptions";
import { titleOf } from "../shared/faults/sendingTask";
import { SENDING_TASKS } from "../shared/faults/sendingTasks";
import { parseEther } from "ethers";

const ROOT = path.resolve(__dirname, "../..");
const OPERATING = ["rebase.yml", "mesh-check.yml"];
/** The command of `npm test`: the quick tests, and a script beside them. */
const TOGETHER = /^node scripts\/together\.mjs test:quick (\S+)$/;
const SUITE = "npm run test:unit && npm run test:e2e";

const stepSchema = z.strictObject({
  uses: z.string().optional(),
  run: z.string().optional(),
  with: z.record(z.string(), z.unknown()).optional(),
  env: z.record(z.string(), z.string()).optional(),
});
const matrixSchema = z.object({
  node: z.array(z.number()).optional(),
  tasks: z.array(z.string()).optional(),
});
const workflowSchema = z.object({
  on: z.record(z.string(), z.unknown()),
  permissions: z.record(z.string(), z.string()),
  concurrency: z.object({ group: z.string(), "cancel-in-progress": z.boolean() }).optional(),
  jobs: z.record(
    z.string(),
    z.object({
      "timeout-minutes": z.number(),
      environment: z.string().optional(),
      strategy: z.object({ matrix: matrixSchema }).optional(),
      steps: z.array(stepSchema),
    }),
  ),
});
const packageSchema = z.object({ scripts: z.record(z.string(), z.string()) });

describe("The workflows", () => {
  for (const file of OPERATING) {
    describe(file, () => {
      const workflow = parse(file);
      const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);

      it("may only read the repository, and never overlaps with itself", () => {
        expect(workflow.permissions).to.deep.equal({ contents: "read" });
        expect(workflow.concurrency?.group).to.match(/-testnet$/);
        expect(Object.keys(workflow.on)).to.have.members(["schedule", "workflow_dispatch"]);
      });

      it("uses the actions that CI uses, and leaves no credentials behind", () => {
        const known = Object.values(parse("ci.yml").jobs).flatMap((job) => actions(job.steps));
        expect(known).to.include.members(actions(steps));
        const checkout = steps.find(({ uses }) => uses?.startsWith("actions/checkout@"));
        expect(checkout?.with).to.deep.equal({ "persist-credentials": false });
      });

      it("calls commands that exist, on a mesh that exists", () => {
        const commands = steps.flatMap(({ run }) => run ?? []);
        expect(commands).not.to.be.empty;
        for (const command of commands) expectCommand(command);
      });

      it("passes secrets in the environment, never on a command line", () => {
        for (const { run = "" } of steps) expect(run).not.to.include("${{");
        const secrets = steps.flatMap(({ env = {} }) =>
          Object.entries(env).filter(([, value]) => value.includes("secrets.")),
        );
        const { home, satellites } = meshByName("testnet");
        expect(secrets.map(([name]) => name)).to.include.members(
          [home, ...satellites].map(rpcUrlVariable),
        );
      });
    });
  }

  it("pin each action to a commit, with its version beside it", () => {
    for (const file of ["ci.yml", ...OPERATING]) {
      const uses = read(file).match(/uses: .*/g) ?? [];
      expect(uses).not.to.be.empty;
      for (const use of uses) expect(use).to.match(/^uses: [\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    }
  });

  describe("ci.yml", () => {
    const { jobs } = parse("ci.yml");
    const runs = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));

    it("runs what .ci/run runs, and the coverage of TypeScript", () => {
      const script = readFileSync(path.join(ROOT, ".ci/run"), "utf8");
      const apart = script.replace(
        /node scripts\/together\.mjs (\S+) (\S+)/g,
        "npm run $1\nnpm run $2",
      );
      const commands = [...apart.matchAll(/^(?:tell )?(npm .*)$/gm)].map(
        ([, command = ""]) => command,
      );
      expect(commands).to.include.members(["npm test", "npm run test:slow", "npm run coverage"]);
      expect(scripts()["test:full"]).to.equal("npm test && npm run test:slow");
      // In parts: the suite by folder instead of by tier, and what the tiers run after it.
      const tiers = new Map([
        ["npm test", scripts().test?.replace(TOGETHER, `${scripts()["test:quick"]} && npm run $1`)],
        ["npm run test:slow", scripts()["test:slow"]],
      ]);
      const parts = commands.flatMap((command) =>
        (tiers.get(command) ?? command)
          .replace(/^TIER=(quick|slow) hardhat test --parallel/, SUITE)
          .split(" && "),
      );
      expect(runs).to.include.members([...parts, "npm run coverage:ts"]);
      expect(foldersOf("test:unit", "test:e2e")).to.have.members(foldersWithTests());
    });

    it("runs the tests on each version of Node.js that is supported", () => {
      for (const name of ["unit", "e2e"]) {
        expect(jobs[name]?.strategy?.matrix.node, name).to.deep.equal([20, 22, 24]);
      }
    });

    it("calls commands that exist", () => {
      for (const command of runs) expectCommand(command);
    });
  });

  it("nightly.yml runs each task that sends through failing endpoints, once", () => {
    const groups = parse("nightly.yml").jobs.faults?.strategy?.matrix.tasks ?? [];
    const times = SENDING_TASKS.map(titleOf).map((title) => ({
      title,
      groups: groups.filter((tasks) => new RegExp(`^(${tasks})`).test(title)),
    }));
    expect(times.filter((task) => task.groups.length !== 1)).to.deep.equal([]);
  });

  it("rebase.yml sets variables that the keeper reads", () => {
    const step = Object.values(parse("rebase.yml").jobs)
      .flatMap((job) => job.steps)
      .find(({ run }) => run?.includes("broadcast"));
    const variables = Object.entries(step?.env ?? {}).filter(([name]) =>
      name.startsWith("REBASE_"),
    );
    // What GitHub makes of the expressions when nothing is configured and nothing is ticked.
    const env = Object.fromEntries(
      variables.map(([name, value]) => [name, /\|\| '([^']+)'/.exec(value)?.[1] ?? ""]),
    );
    expect(step?.run).to.equal("npm run --silent broadcast -- --mesh testnet");
    const scheduled = keeperOptionsOf({ mesh: "testnet" }, env);
    expect(scheduled).to.deep.include({
      mesh: "testnet",
      payment: { token: "native", from: "treasury" },
      ceiling: parseEther("0.05"),
      dryRun: false,
      policy: { annualPercent: 45n * 10n ** 24n, every: 72_000n },
    });
    const ticked = { ...env, REBASE_BROADCAST_ONLY: "true", REBASE_DRY_RUN: "true" };
    const byHand = keeperOptionsOf({ mesh: "testnet" }, ticked);
    expect(byHand).to.include({ dryRun: true, policy: undefined });
  });
});

function read(file: string): string {
  return readFileSync(path.join(ROOT, ".github/workflows", file), "utf8");
}

function parse(file: string) {
  return workflowSchema.parse(load(read(file)));
}

function scripts(): Record<string, string> {
  const text = readFileSync(path.join(ROOT, "package.json"), "utf8");
  return packageSchema.parse(JSON.parse(text)).scripts;
}

/** The folders of tests that scripts name. */
function foldersOf(...names: readonly string[]): string[] {
  return names.flatMap((name) => scripts()[name]?.match(/test\/[\w/]+/g) ?? []);
}

function foldersWithTests(): string[] {
  const files = readdirSync(path.join(ROOT, "test"), { recursive: true, encoding: "utf8" });
  const tests = files.filter((file) => file.endsWith(".test.ts"));
  return [...new Set(tests.map((file) => `test/${file.split(path.sep)[0]}`))];
}

function actions(steps: readonly z.output<typeof stepSchema>[]): string[] {
  return steps.flatMap(({ uses }) => uses ?? []);
}

/** A command is a script of package.json, a task with its options, or the installation. */
function expectCommand(command: string): void {
  if (command === "npm ci") return;
  const words = command.split(" ").filter((word) => word !== "--silent");
  const mesh = words[words.indexOf("--mesh") + 1];
  if (words.includes("--mesh")) expect(meshByName(mesh ?? "").name).to.equal(mesh);
  if (words[0] === "npm") {
    expect(scripts()).to.have.property(words[2] ?? "");
    return;
  }
  const [npx, hardhat, scope = "", verb = "", ...rest] = words;
  expect([npx, hardhat], command).to.deep.equal(["npx", "hardhat"]);
  const task = hre.scopes[scope]?.tasks[verb];
  expect(task, command).not.to.equal(undefined);
  const options = rest.filter((word) => word.startsWith("--"));
  expect(Object.keys(task?.paramDefinitions ?? {}), command).to.include.members(
    options.map((word) => word.slice(2)),
  );
}
