import path from "node:path";

import { reporters } from "mocha";
import type { Hook, MochaOptions, Runner, Test } from "mocha";

import { keepDurations } from "./durations";

const ROOT = path.resolve(__dirname, "../..");
const SHOWN = 10;

/** A file, a test or a hook, and how long it took. */
interface Duration {
  readonly name: string;
  readonly ms: number;
}

/** Mocha's usual report, and what took longest. */
class SlowestReporter extends reporters.Spec {
  constructor(runner: Runner, options?: MochaOptions) {
    super(runner, options);
    const files = new Map<string, number>();
    const parts: Duration[] = [];
    const add = (runnable: Test | Hook) => {
      const { file = "", duration: ms = 0 } = runnable;
      const name = path.relative(ROOT, file);
      if (name) files.set(name, (files.get(name) ?? 0) + ms);
      parts.push({ name: runnable.fullTitle(), ms });
    };
    runner.on("test end", add);
    runner.on("hook end", add);
    runner.once("end", () => {
      stdout(
        "The slowest files",
        [...files].map(([name, ms]) => ({ name, ms })),
      );
      stdout("The slowest tests and hooks", parts);
      keepDurations(files);
    });
  }
}

function stdout(title: string, all: readonly Duration[]): void {
  const slowest = [...all].sort((a, b) => b.ms - a.ms).slice(0, SHOWN);
  const lines = slowest.map(({ name, ms }) => `${(ms / 1_000).toFixed(1).padStart(8)} s  ${name}`);
  console.log(`  ${title}\n${lines.join("\n")}\n`);
}

export = SlowestReporter;
