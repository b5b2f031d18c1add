import { readFileSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";
import hre from "hardhat";
import { TASK_TEST_GET_TEST_FILES } from "hardhat/builtin-tasks/task-names";

import { SAME_EVERYWHERE, SLOW, ofTier, thatDiffer } from "../shared/tiers";

const ROOT = path.resolve(__dirname, "../..");

describe("hardhat test", () => {
  const environment = { ...process.env };
  beforeEach(() => {
    for (const name of ["TIER", "WORLD", "CCIP"]) delete process.env[name];
  });
  afterEach(() => {
    Object.assign(process.env, environment);
  });

  const filesOf = async (...testFiles: string[]): Promise<string[]> =>
    (await hre.run(TASK_TEST_GET_TEST_FILES, { testFiles })) as string[];

  it("runs every test file without a name, and no file that tests share", async () => {
    const files = await filesOf();
    expect(files).to.include(__filename);
    expect(files.filter((file) => !file.endsWith(".test.ts"))).to.deep.equal([]);
  });

  it("runs the test files of a folder", async () => {
    const files = await filesOf(__dirname);
    expect(files).to.include(__filename);
    expect(files.filter((file) => !file.startsWith(__dirname))).to.deep.equal([]);
  });

  it("runs each file in one of the tiers, and in no other", async () => {
    const files = await filesOf();
    const slow = ofTier("slow", files);
    expect(slow).to.have.length(Object.keys(SLOW).length);
    expect([...ofTier("quick", files), ...slow]).to.have.members(files);
    expect(() => ofTier("slwo", files)).to.throw("TIER=slwo is no tier of tests");
  });

  it("runs no file again on a network or version of CCIP that makes no difference to it", async () => {
    const files = await filesOf();
    const names = (left: readonly string[]) =>
      files.filter((file) => !left.includes(file)).map((file) => path.relative(ROOT, file));
    expect(names(thatDiffer({}, files))).to.deep.equal([]);
    const { network, version } = SAME_EVERYWHERE;
    expect(names(thatDiffer({ WORLD: "localnet" }, files))).to.have.members(network);
    expect(names(thatDiffer({ CCIP: "1.6" }, files))).to.have.members(version);
    for (const name of network) {
      expect(readFileSync(path.join(ROOT, name), "utf8"), name).not.to.include("WORLD_NAME");
    }
  });
});
