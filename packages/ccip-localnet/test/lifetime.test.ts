import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "chai";

import { isRunning } from "../src/config";

/** A process that runs one anvil and prints its id; then waits for `ending`. */
function program(logFile: string, ending: string): string {
  return `
    const { startAnvil } = require("ccip-localnet");
    startAnvil({ name: "local-home", chainId: 4711, logFile: ${JSON.stringify(logFile)} }).then(
      ({ pid }) => {
        process.stdout.write(pid + "\\n");
        ${ending}
      },
    );
  `;
}

/** A started parent and the id of its anvil. */
interface Family {
  readonly parent: ChildProcess;
  readonly pid: Promise<number>;
}

function start(logFile: string, ending: string): Family {
  const parent = spawn(
    process.execPath,
    ["-r", "ts-node/register/transpile-only", "-e", program(logFile, ending)],
    { stdio: ["pipe", "pipe", "ignore"], cwd: path.resolve(__dirname, "..") },
  );
  const pid = new Promise<number>((resolve, reject) => {
    parent.stdout.once("data", (data: Buffer) => resolve(Number(data.toString())));
    parent.once("exit", () => reject(new Error("the parent ended before its anvil started")));
  });
  return { parent, pid };
}

describe("An anvil process ends with the process that started it", () => {
  const WAIT = "setInterval(() => {}, 1000);";
  const endings: [title: string, ending: string, signal?: NodeJS.Signals][] = [
    ["when it returns", "process.stdin.once('data', () => process.stdin.destroy());"],
    ["when it throws", "process.stdin.once('data', () => { throw new Error('on purpose'); });"],
    ["on SIGINT", WAIT, "SIGINT"],
    ["on SIGTERM", WAIT, "SIGTERM"],
    ["on SIGKILL", WAIT, "SIGKILL"],
  ];
  const families = new Map<string, Family>();
  let directory: string;

  before(() => {
    directory = mkdtempSync(path.join(tmpdir(), "anvil-"));
    // All at once: most of the time goes into loading the compiler.
    for (const [title, ending] of endings) {
      families.set(title, start(path.join(directory, `${families.size}.log`), ending));
    }
  });

  after(() => {
    for (const { parent } of families.values()) parent.kill("SIGKILL");
    rmSync(directory, { recursive: true });
  });

  for (const [title, , signal] of endings) {
    it(title, async () => {
      const family = families.get(title);
      if (!family) throw new Error("not started");
      const { parent } = family;
      const pid = await family.pid;
      expect(isRunning(pid)).to.equal(true);
      const gone = once(parent, "exit");
      if (signal) parent.kill(signal);
      else parent.stdin?.end("go\n");
      await gone;
      for (let attempt = 0; attempt < 100 && isRunning(pid); attempt += 1) await sleep(20);
      expect(isRunning(pid)).to.equal(false);
    });
  }
});
