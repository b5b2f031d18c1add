import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import hre from "hardhat";

import { compileChanged } from "../../../lib/hardhat/compile";

describe("What is compiled before a task", () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(path.join(tmpdir(), "compile-"));
    writeFileSync(path.join(directory, "cache"), "");
  });
  after(() => rmSync(directory, { recursive: true }));

  /** Hardhat with a cache folder, whose compiler writes a file. */
  const hardhat = (cache: string, file: string) => ({
    config: { ...hre.config, paths: { ...hre.config.paths, cache } },
    run: () => writeFile(file, ""),
  });

  it("stops no task when its cache cannot be written (M7)", async () => {
    const cache = path.join(directory, "cache");
    await compileChanged(hardhat(cache, path.join(cache, "solidity-files-cache.json")));
  });

  it("stops the task when anything else cannot be written", async () => {
    const cache = path.join(directory, "elsewhere");
    const artifact = path.join(directory, "cache", "artifact.json");
    await expect(compileChanged(hardhat(cache, artifact))).to.be.rejectedWith("ENOTDIR");
  });
});
