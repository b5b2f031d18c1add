import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";

import { z } from "zod";

import type { Subject } from "./subjects";

const DIRECTORY = path.join("cache", "mutations");

const RESULT = z.object({
  id: z.string(),
  status: z.enum(["killed", "endless", "survived", "refused", "same code"]),
  killer: z.string().optional(),
  /** The tests and contracts that it was decided with. */
  tests: z.string(),
});

/** Decision about one fault, as it is kept. */
export type Result = z.infer<typeof RESULT>;

/** Results of one contract, kept in a file, so that a run that was stopped goes on where it was. */
export class Results {
  private readonly file: string;
  private readonly byId = new Map<string, Result>();
  private readonly tests: string;

  constructor(subject: Subject, { isFresh = false } = {}) {
    this.file = path.join(DIRECTORY, `${subject.name}.jsonl`);
    this.tests = hashOfTests(subject);
    if (isFresh) rmSync(this.file, { force: true });
    if (!existsSync(this.file)) return;
    const lines = readFileSync(this.file, "utf8").split("\n").filter(Boolean);
    for (const line of lines) {
      const result = RESULT.parse(JSON.parse(line));
      this.byId.set(result.id, result);
    }
  }

  /** Returns the result, unless tests or contracts have changed since. */
  get(id: string): Result | undefined {
    const result = this.byId.get(id);
    return result?.tests === this.tests ? result : undefined;
  }

  /** Returns the result of an earlier run, whatever has changed since. */
  last(id: string): Result | undefined {
    return this.byId.get(id);
  }

  add(result: Omit<Result, "tests">): void {
    const whole = { ...result, tests: this.tests };
    this.byId.set(result.id, whole);
    mkdirSync(DIRECTORY, { recursive: true });
    appendFileSync(this.file, `${JSON.stringify(whole)}\n`);
  }
}

function hashOfTests({ tests }: Subject): string {
  const within = (folder: string) =>
    readdirSync(folder, { encoding: "utf8", recursive: true }).map((name) =>
      path.join(folder, name),
    );
  const hash = createHash("sha256");
  for (const file of [...tests, ...within("test/shared"), ...within("contracts")].sort()) {
    if (/\.(ts|sol)$/.test(file)) hash.update(readFileSync(file));
  }
  return hash.digest("hex").slice(0, 16);
}
