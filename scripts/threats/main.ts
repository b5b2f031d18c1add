import { threatReport } from "./rows";

/** Prints each row of docs/threats.md with its tests, and exits 1 if one has neither a test nor a reason. */
function main(): void {
  const { rows, faults } = threatReport();
  for (const { id, text, tests, reason } of rows) {
    console.log(`${id}  ${text}`);
    for (const { file, line, title } of tests) console.log(`    ${file}:${line}  ${title}`);
    if (reason !== undefined) console.log(`    no test: ${reason}`);
  }
  const tested = rows.filter(({ tests }) => tests.length > 0);
  const tagged = new Set(tested.flatMap(({ tests }) => tests));
  const untested = rows.filter(({ tests, reason }) => tests.length === 0 && reason !== undefined);
  console.log(
    `\n${rows.length} rows: ${tested.length} shown by ${tagged.size} tests, ${untested.length} with a reason why not.`,
  );
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) process.exitCode = 1;
}

main();
