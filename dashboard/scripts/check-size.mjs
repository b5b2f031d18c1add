import { readFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";

/** The most JavaScript that the first view may load, gzipped. */
const LIMIT_KB = 350;

const dist = path.resolve(import.meta.dirname, "../dist");
const manifest = JSON.parse(readFileSync(path.join(dist, ".vite/manifest.json"), "utf8"));
const entry = Object.keys(manifest).find((key) => manifest[key].isEntry);
if (!entry) throw new Error("The build has no entry: look at dist/.vite/manifest.json.");

const files = new Set();
const visit = (key) => {
  if (files.has(manifest[key].file)) return;
  files.add(manifest[key].file);
  (manifest[key].imports ?? []).forEach(visit);
};
visit(entry);

let total = 0;
for (const file of files) {
  const size = gzipSync(readFileSync(path.join(dist, file))).length / 1_000;
  total += size;
  console.log(`${size.toFixed(1).padStart(7)} kB  ${file}`);
}
console.log(
  `${total.toFixed(1).padStart(7)} kB gzipped for the first view, at most ${LIMIT_KB} kB`,
);
if (total > LIMIT_KB) {
  console.error("The first view is too large: load a page lazily, or leave a dependency out.");
  process.exitCode = 1;
}
