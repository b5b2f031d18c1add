import { expect } from "chai";
import hre from "hardhat";
import { TASK_TEST_GET_TEST_FILES } from "hardhat/builtin-tasks/task-names";

import { SLOW, ofTier } from "../shared/tiers";

describe("hardhat test", () => {
  const { TIER } = process.env;
  beforeEach(() => {
    delete process.env.TIER;
  });
  afterEach(() => {
    if (TIER !== undefined) process.env.TIER = TIER;
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
});
