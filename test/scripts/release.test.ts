import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { releaseChangelog } from "../../scripts/release/changelog";
import { requireHigher } from "../../scripts/release/version";
import type { Outcome } from "../shared/surroundings";
import { outcomeOf } from "../shared/terminal";

const ROOT = path.resolve(__dirname, "../..");
const CHANGELOG = `# Changelog

## Unreleased

### Added

- A release.

## 0.1.0 - 2026-01-01

- All else.
`;
const NOTES = "### Added\n\n- A release.";

/** A project with the layout of this one, whose checks are a script of one line. */
const FILES = {
  "CHANGELOG.md": CHANGELOG,
  ".gitignore": "cache/\n",
  ".ci/run": "#!/bin/sh\ntest ! -e cache/red\n",
  "package.json": manifest("token", { workspaces: ["dashboard", "packages/*"] }),
  "dashboard/package.json": manifest("dashboard"),
  "packages/ccip-localnet/package.json": manifest("ccip-localnet"),
  "package-lock.json": json({
    name: "token",
    version: "0.1.0",
    lockfileVersion: 3,
    packages: {
      "": { name: "token", version: "0.1.0" },
      "node_modules/ccip-localnet": { resolved: "packages/ccip-localnet", link: true },
      dashboard: { version: "0.1.0" },
      "packages/ccip-localnet": { version: "0.1.0" },
    },
  }),
};

function manifest(name: string, more: object = {}): string {
  return json({ name, version: "0.1.0", ...more });
}

function json(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

describe("npm run release", () => {
  let project: string;

  beforeEach(() => {
    project = mkdtempSync(path.join(tmpdir(), "release-"));
    for (const [name, text] of Object.entries(FILES)) {
      const file = path.join(project, name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, text, { mode: name === ".ci/run" ? 0o755 : 0o644 });
    }
    git("init", "--quiet");
    git("config", "user.name", "Tester");
    git("config", "user.email", "tester@example.com");
    git("add", ".");
    git("commit", "--quiet", "--message", "start");
  });
  afterEach(() => rmSync(project, { recursive: true }));

  const git = (...args: string[]) =>
    execFileSync("git", args, { cwd: project, encoding: "utf8" }).trim();
  const read = (name: string) => readFileSync(path.join(project, name), "utf8");
  const versionOf = (name: string) => (JSON.parse(read(name)) as { version: string }).version;

  function release(...args: string[]): Promise<Outcome> {
    const script = path.join(ROOT, "scripts/release/run.ts");
    const runner = [require.resolve("ts-node/dist/bin"), "--transpile-only", script];
    const env = { ...process.env, TS_NODE_PROJECT: path.join(ROOT, "tsconfig.json") };
    return outcomeOf(spawn(process.execPath, [...runner, ...args], { cwd: project, env }));
  }

  /** Nothing is committed, tagged or left changed. */
  function expectUntouched(): void {
    expect(git("log", "--format=%s")).to.equal("start");
    expect(git("status", "--porcelain")).to.equal("");
    expect(git("tag")).to.equal("");
    expect(read("CHANGELOG.md")).to.equal(CHANGELOG);
    expect(versionOf("package.json")).to.equal("0.1.0");
  }

  it("moves the changelog, writes the version everywhere, packs, commits and tags", async () => {
    const { code, stdout, stderr } = await release("0.2.0");
    expect(code, stderr).to.equal(0);
    expect(stdout).to.include("v0.2.0 is committed and tagged here, and pushed nowhere.");
    expect(read("CHANGELOG.md")).to.match(
      /## Unreleased\n\n## 0\.2\.0 - \d{4}-\d\d-\d\d\n\n### Added\n\n- A release\.\n\n## 0\.1\.0/,
    );
    for (const name of ["", "dashboard/", "packages/ccip-localnet/"]) {
      expect(versionOf(`${name}package.json`)).to.equal("0.2.0");
    }
    expect(read("package-lock.json").match(/"version": "0\.2\.0"/g)).to.have.length(4);
    expect(git("log", "--format=%s")).to.equal("release: 0.2.0\nstart");
    expect(git("tag", "--list", "--format=%(contents)")).to.equal(NOTES);
    expect(git("status", "--porcelain")).to.equal("");
    expect(readdirSync(path.join(project, "cache/release-0.2.0"))).to.have.members([
      "token-0.2.0.tgz",
      "ccip-localnet-0.2.0.tgz",
      "notes.md",
    ]);
  });

  it("leaves everything unchanged when a check fails", async () => {
    mkdirSync(path.join(project, "cache"));
    writeFileSync(path.join(project, "cache/red"), "");
    const { code, stderr } = await release("0.2.0");
    expect(code).to.equal(1);
    expect(stderr).to.include("error  Nothing was released, for this failed: ");
    expect(stderr).to.include(".ci/run");
    expectUntouched();
  });

  it("refuses uncommitted changes", async () => {
    writeFileSync(path.join(project, "new.txt"), "");
    const { code, stderr } = await release("0.2.0");
    expect(code).to.equal(1);
    expect(stderr).to.equal(
      "error  There is what is not committed: commit it or put it away first.\n?? new.txt\n",
    );
    rmSync(path.join(project, "new.txt"));
    expectUntouched();
  });

  it("refuses a version whose tag exists", async () => {
    git("tag", "v0.2.0");
    const { code, stderr } = await release("0.2.0");
    expect([code, stderr]).to.deep.equal([
      1,
      "error  The tag v0.2.0 exists already: choose a higher version.\n",
    ]);
    git("tag", "--delete", "v0.2.0");
    expectUntouched();
  });

  it("prints its usage without a version", async () => {
    const { code, stdout } = await release();
    expect(code).to.equal(1);
    expect(stdout).to.include("Usage: npm run release -- <version>");
    expectUntouched();
  });
});

describe("A version to release", () => {
  const cases: { next: string; current: string; says?: string }[] = [
    { next: "0.2.0", current: "0.1.9" },
    { next: "0.10.0", current: "0.9.0" },
    { next: "1.0.0", current: "0.9.9" },
    { next: "0.1.0", current: "0.1.0" },
    { next: "0.1.9", current: "0.2.0", says: "0.1.9 is below 0.2.0" },
    { next: "0.9.0", current: "0.10.0", says: "0.9.0 is below 0.10.0" },
    { next: "v0.2.0", current: "0.1.0", says: '"v0.2.0" is not a version' },
    { next: "0.2", current: "0.1.0", says: '"0.2" is not a version' },
  ];
  for (const { next, current, says } of cases) {
    it(`${next} after ${current} is ${says ? "refused" : "taken"}`, () => {
      const check = () => requireHigher(next, current);
      if (says === undefined) expect(check).not.to.throw();
      else expect(check).to.throw(says);
    });
  }
});

describe("A changelog to release", () => {
  it("is refused when the version exists, Unreleased is empty, or Unreleased is missing", () => {
    const date = "2026-02-01";
    expect(() => releaseChangelog(CHANGELOG, "0.1.0", date)).to.throw(
      "has a version 0.1.0 already",
    );
    const { text } = releaseChangelog(CHANGELOG, "0.2.0", date);
    expect(() => releaseChangelog(text, "0.3.0", date)).to.throw("write what 0.3.0 brings");
    expect(() => releaseChangelog("# Changelog\n", "0.3.0", date)).to.throw('no "## Unreleased"');
  });
});
