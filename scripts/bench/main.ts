import { parseArgs } from "node:util";

import { whenSlow } from "../../lib/cli/progress";
import { formatTable, wrap } from "../../lib/cli/text";
import type { Progress } from "../../lib/core/progress";

import { writePart } from "./documents";
import { measureGrowth, measurePeers, measureTimes } from "./report";
import { allTables, growthTables, peerTables, timeTables } from "./tables";

const USAGE = `Usage: npm run bench -- [--quick] [--json] [--write]

Measures our contracts beside those of others, and how gas and times grow with a mesh.

  --quick  leaves out local networks on nodes, and so all times
  --json   prints one JSON document instead of tables
  --write  also writes the tables into README.md and docs/benchmarks.md`;

/** Logs what takes more than two seconds. */
const progress: Progress = {
  during: (title, action) => whenSlow(`Measuring ${title} …`, action),
  note: (text) => process.stderr.write(`${text}\n`),
};

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      write: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const { quick, json, write } = values;
  const peers = await measurePeers(progress);
  if (write) await writePart("peers", peerTables(peers));
  const growth = await measureGrowth(progress);
  if (write) await writePart("growth", growthTables(growth));
  const times = quick ? undefined : await measureTimes(progress);
  if (write && times) await writePart("times", timeTables(times));
  const report = { ...peers, ...growth, times };
  if (json) {
    console.log(JSON.stringify(report, undefined, 2));
    return;
  }
  for (const { caption, head, rows } of allTables(report)) {
    console.log(`\n${wrap(caption).join("\n")}\n${formatTable(head, rows)}`);
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? `error  ${error.message}\n\n${USAGE}` : error);
  process.exitCode = 1;
});
