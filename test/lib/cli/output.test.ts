import { spawnSync } from "node:child_process";
import {
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { writeAllWhole, writeWhole } from "../../../lib/files/write";

const ROOT = path.resolve(__dirname, "../../..");

/** Prints a document of a size through a task's own output, and ends with exit code 2. */
const script = (size: number) => `
  const { orFail } = require("./lib/cli/failure");
  const { consoleOutput } = require("./lib/cli/consoleOutput");
  orFail(async () => {
    consoleOutput.log("talk");
    consoleOutput.stdout("x".repeat(${size}));
    consoleOutput.stdout("the end");
    return true;
  }).then((result) => { if (result) process.exitCode = 2; });
`;

describe("The exit code of a task", () => {
  for (const [what, waitsFor, code] of [
    ["waits for what can never come", "new Promise(() => {})", 1],
    ["is done", "new Promise((resolve) => setTimeout(resolve, 1))", 0],
  ] as const) {
    it(`${what} is ${code}`, () => {
      const line = `require("./lib/cli/failure").orFail(() => ${waitsFor})`;
      const { status, stderr } = spawnSync(
        process.execPath,
        ["-r", "ts-node/register/transpile-only", "-e", line],
        { cwd: ROOT, encoding: "utf8", env: { ...process.env, NO_COLOR: "1" } },
      );
      expect(status, stderr).to.equal(code);
      if (code === 1) expect(stderr).to.match(/^error.*It ended before it was done/m);
      else expect(stderr).to.equal("");
    });
  }
});

describe("A task that fails", () => {
  const failing = `new (require("./lib/core/errors").OperatorError)("UNKNOWN_CHAIN", "no such chain")`;
  const both = `new AggregateError([${failing}, new Error("odd")], "two things")`;
  const one = { code: "UNKNOWN_CHAIN", message: "no such chain" };
  const cases: readonly (readonly [
    what: string,
    action: string,
    args: string[],
    stdout: unknown,
  ])[] = [
    ["prints nothing on stdout", `throw ${failing}`, [], undefined],
    ["prints its code with --json", `throw ${failing}`, ["--json"], { error: one }],
    [
      "prints each of several codes with --json",
      `throw ${both}`,
      ["--json"],
      {
        error: {
          code: "SEVERAL_ERRORS",
          message: "two things",
          errors: [one, { code: "UNEXPECTED", message: "odd" }],
        },
      },
    ],
    [
      "prints no second document with --json",
      `consoleOutput.stdout("[1]"); throw ${failing}`,
      ["--json"],
      [1],
    ],
  ];
  for (const [what, action, args, document] of cases) {
    it(`${what}, reports the error on stderr, and exits 1`, () => {
      const line = `
        const { orFail } = require("./lib/cli/failure");
        const { consoleOutput } = require("./lib/cli/consoleOutput");
        orFail(async () => { ${action}; });`;
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        ["-r", "ts-node/register/transpile-only", "-e", line, "--", ...args],
        { cwd: ROOT, encoding: "utf8", env: { ...process.env, NO_COLOR: "1" } },
      );
      expect(status).to.equal(1);
      expect(stderr).to.match(/^error {2}\w/);
      expect(stdout === "" ? undefined : JSON.parse(stdout)).to.deep.equal(document);
    });
  }
});

describe("Printed output", () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(path.join(tmpdir(), "output-"));
  });
  after(() => rmSync(directory, { recursive: true }));

  /** Runs the script in a shell; `$RUN` stands for it. */
  const shell = (line: string, size: number) => {
    const file = path.join(directory, "script.js");
    writeFileSync(file, script(size));
    const run = `${process.execPath} -r ts-node/register/transpile-only -e "$(cat ${file})"`;
    const outcome = spawnSync("bash", ["-c", line.replaceAll("$RUN", run)], {
      cwd: ROOT,
      encoding: "utf8",
      env: { ...process.env, NO_COLOR: "1" },
    });
    return outcome;
  };

  const cases: {
    what: string;
    line: string;
    size: number;
    code: number;
    error?: RegExp;
  }[] = [
    {
      what: "fails when the disk is full",
      line: "$RUN > /dev/full",
      size: 10,
      code: 1,
      error: /^error.*stdout could not be written \(ENOSPC\)/m,
    },
    {
      what: "fails when the disk takes only the beginning of it",
      line: `trap "" XFSZ; ulimit -f 1; $RUN > ${"$DIRECTORY"}/half`,
      size: 3_000,
      code: 1,
      error: /^error.*stdout could not be written \(EFBIG\)/m,
    },
    {
      what: "may be read in part without changing the exit code",
      line: "$RUN | head -c 5 > /dev/null; exit ${PIPESTATUS[0]}",
      size: 1_000_000,
      code: 2,
    },
    {
      what: "may have no reader at all",
      line: "$RUN 2>&1 | true; exit ${PIPESTATUS[0]}",
      size: 1_000_000,
      code: 2,
    },
    {
      what: "does not require a reader of stderr",
      line: "$RUN 2> /dev/full > /dev/null",
      size: 10,
      code: 2,
    },
  ];
  for (const { what, line, size, code, error } of cases) {
    it(what, () => {
      const { status, stderr } = shell(line.replaceAll("$DIRECTORY", directory), size);
      expect(status, stderr).to.equal(code);
      if (error) expect(stderr).to.match(error);
      else expect(stderr).not.to.include("error");
    });
  }

  it("reaches a slow reader to its last byte", () => {
    const { status, stdout } = shell("$RUN | (sleep 1; cat); exit ${PIPESTATUS[0]}", 300_000);
    expect(status).to.equal(2);
    expect(stdout).to.have.length(300_000 + "\nthe end\n".length);
  });
});

describe("Writing a file atomically", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), "files-"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const at = (name: string) => path.join(directory, name);

  it("replaces the old one, and follows a link to it", () => {
    writeWhole(at("plan.json"), "old");
    symlinkSync(at("plan.json"), at("link.json"));
    writeWhole(at("link.json"), "new");
    expect(readFileSync(at("plan.json"), "utf8")).to.equal("new");
    expect(readdirSync(directory)).to.deep.equal(["link.json", "plan.json"]);
  });

  it("leaves every old file unchanged when the disk fills up before the last one is written", () => {
    writeFileSync(at("a.json"), "old");
    symlinkSync("/dev/full", at("b.json"));
    let removed = false;
    const files = new Map([
      [at("a.json"), "new"],
      [at("b.json"), "new"],
    ]);
    expect(() => writeAllWhole(files, () => (removed = true))).to.throw(
      /b\.json could not be written: ENOSPC/,
    );
    expect(removed).to.equal(false);
    expect(readFileSync(at("a.json"), "utf8")).to.equal("old");
    expect(readdirSync(directory)).to.deep.equal(["a.json", "b.json"]);
  });

  it("writes to a device that the path links to, and keeps the device", () => {
    symlinkSync("/dev/null", at("null"));
    writeWhole(at("null"), "gone");
    expect(readdirSync(directory)).to.deep.equal(["null"]);
  });
});
