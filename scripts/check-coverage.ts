import { readFileSync } from "node:fs";
import path from "node:path";

import { z } from "zod";

const measureSchema = z.object({ total: z.int(), covered: z.int() });
const fileSchema = z.object({ lines: measureSchema, branches: measureSchema });
const summarySchema = z.record(z.string(), fileSchema);

type Figures = z.infer<typeof measureSchema>;
type Measure = keyof z.infer<typeof fileSchema>;

interface Subject {
  /** The report that the tool writes. */
  readonly report: string;
  /** Least percentages. */
  readonly least: Readonly<Partial<Record<Measure, number>>>;
}

const SOLIDITY = "coverage/coverage-summary.json";
const TYPESCRIPT = "coverage-ts/coverage-summary.json";

/** Subjects by their folders. */
const SUBJECTS: Readonly<Record<string, Subject>> = {
  contracts: { report: SOLIDITY, least: { lines: 100, branches: 98 } },
  lib: { report: TYPESCRIPT, least: { lines: 90 } },
  tasks: { report: TYPESCRIPT, least: { lines: 0 } },
  scripts: { report: TYPESCRIPT, least: { lines: 0 } },
};

/** Prints what of a folder the tests reached, and the files below the least percentage. */
function check(folder: string): boolean {
  const subject = SUBJECTS[folder];
  if (!subject) {
    throw new Error(`${folder} is not measured: write ${Object.keys(SUBJECTS).join(" or ")}.`);
  }
  const summary = summarySchema.parse(JSON.parse(readFileSync(subject.report, "utf8")));
  const files = Object.entries(summary)
    .map(([file, figures]) => ({ name: path.relative("", file), figures }))
    .filter(({ name }) => name.startsWith(`${folder}/`));
  const met = Object.entries(subject.least).map(([key, least]) => {
    const measure = key as Measure;
    const all = sum(files.map(({ figures }) => figures[measure]));
    if (all.total === 0) {
      throw new Error(`${subject.report} counts no ${measure} of ${folder}: run the tests again.`);
    }
    console.log(`${folder}: ${describe(all)} ${measure}, at least ${least} %`);
    for (const { name, figures } of files) {
      if (percent(figures[measure]) < least)
        console.log(`  ${name}: ${describe(figures[measure])}`);
    }
    return percent(all) >= least;
  });
  return met.every(Boolean);
}

function sum(figures: readonly Figures[]): Figures {
  return {
    total: figures.reduce((before, { total }) => before + total, 0),
    covered: figures.reduce((before, { covered }) => before + covered, 0),
  };
}

function percent({ covered, total }: Figures): number {
  return total === 0 ? 100 : (100 * covered) / total;
}

function describe(figures: Figures): string {
  return `${figures.covered} of ${figures.total} (${percent(figures).toFixed(2)} %)`;
}

const folders = process.argv.slice(2);
if (folders.length === 0)
  throw new Error(`Write what to check: ${Object.keys(SUBJECTS).join(" ")}.`);
if (!folders.map(check).every(Boolean)) process.exitCode = 1;
