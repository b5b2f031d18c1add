import { readFileSync } from "node:fs";

import { z } from "zod";

const measureSchema = z.object({ total: z.int(), covered: z.int(), pct: z.number() });
const fileSchema = z.object({ lines: measureSchema, branches: measureSchema });
const summarySchema = z.record(z.string(), fileSchema);

type Measure = keyof z.infer<typeof fileSchema>;

/** Least percentages, and the report that the tool writes. */
const SUBJECTS: Readonly<
  Record<string, { file: string; least: Readonly<Partial<Record<Measure, number>>> }>
> = {
  contracts: { file: "coverage/coverage-summary.json", least: { lines: 100, branches: 98 } },
};

/** Prints what of a subject the tests reached, and the files below the least percentage of it. */
function check(name: string): boolean {
  const subject = SUBJECTS[name];
  if (!subject)
    throw new Error(`${name} is not measured: write ${Object.keys(SUBJECTS).join(" or ")}.`);
  const { total, ...files } = summarySchema.parse(JSON.parse(readFileSync(subject.file, "utf8")));
  if (!total?.lines.total)
    throw new Error(`${subject.file} counts no lines: the run measured nothing.`);
  const met = Object.entries(subject.least).map(([key, least]) => {
    const measure = key as Measure;
    const { covered, total: all, pct } = total[measure];
    const enough = pct >= least;
    console.log(`${name}: ${covered} of ${all} ${measure}, ${pct} % (at least ${least} %)`);
    for (const [file, figures] of Object.entries(files)) {
      if (!enough && figures[measure].pct < least) {
        console.log(`  ${file}: ${figures[measure].covered} of ${figures[measure].total}`);
      }
    }
    return enough;
  });
  return met.every(Boolean);
}

if (!check(process.argv[2] ?? "contracts")) process.exitCode = 1;
