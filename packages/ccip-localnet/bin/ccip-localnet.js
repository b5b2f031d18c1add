#!/usr/bin/env node
"use strict";
const { existsSync } = require("node:fs");
const path = require("node:path");

// In the repository the sources run as they are; a published package has them compiled.
const source = path.join(__dirname, "../src/cli/main.ts");
if (existsSync(source)) require("ts-node").register({ transpileOnly: true, cwd: __dirname });
const { main } = require(existsSync(source) ? source : "../dist/cli/main.js");

void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
