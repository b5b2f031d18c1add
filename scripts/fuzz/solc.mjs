#!/usr/bin/env node
// The compiler that forge starts: the `solc` package of the lockfile, so that nothing is downloaded and both tools use one.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const soljson = createRequire(import.meta.url)("solc/soljson.js");

if (process.argv.includes("--version")) {
  const version = soljson.cwrap("solidity_version", "string", [])();
  console.log(`solc, the solidity compiler commandline interface\nVersion: ${version}`);
} else {
  process.stdout.write(compile(readFileSync(0, "utf8")));
}

/** The package's own `compile` copies its input onto a stack that the sources of all contracts and tests overflow. */
function compile(input) {
  const size = soljson.lengthBytesUTF8(input) + 1;
  const pointer = soljson._malloc(size);
  soljson.stringToUTF8(input, pointer, size);
  return soljson.cwrap("solidity_compile", "string", ["number", "number", "number"])(pointer, 0, 0);
}
