import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { SolidityFilesCache } from "hardhat/builtin-tasks/utils/solidity-files-cache";

import { compileChanged } from "../../../lib/hardhat/compile";

describe("Compiling before a task", () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(path.join(tmpdir(), "compile-"));
    writeFileSync(path.join(directory, "file"), "");
    symlinkSync("/dev/full", path.join(directory, "full.json"));
  });
  after(() => rmSync(directory, { recursive: true }));

  for (const [what, file] of [
    ["has a file in its place", "file/solidity-files-cache.json"],
    // Without the name of the file in its error.
    ["is on a disk that is full", "full.json"],
  ] as const) {
    it(`stops no task when its cache ${what}`, async () => {
      const cache = path.join(directory, file);
      const keep = () => SolidityFilesCache.createEmpty().writeToFile(cache);
      await expect(keep()).to.be.rejectedWith(/ENOTDIR|EEXIST|ENOSPC/);
      await compileChanged({ run: keep });
    });
  }

  for (const [what, file] of [
    ["is where a file is in the way", "file/artifact.json"],
    ["finds the disk full", "full.json"],
  ] as const) {
    it(`stops the task when an artifact ${what}`, async () => {
      const artifact = path.join(directory, file);
      const run = () => writeFile(artifact, "{}");
      await expect(compileChanged({ run })).to.be.rejectedWith(/ENOTDIR|ENOSPC/);
    });
  }
});
