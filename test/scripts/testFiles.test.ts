import { expect } from "chai";
import hre from "hardhat";
import { TASK_TEST_GET_TEST_FILES } from "hardhat/builtin-tasks/task-names";

describe("hardhat test", () => {
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
});
