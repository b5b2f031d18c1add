import { expect } from "chai";
import hre from "hardhat";
import { TASK_COMPILE_SOLIDITY_LOG_COMPILATION_RESULT } from "hardhat/builtin-tasks/task-names";

/** The reported part of a compilation job. */
const JOB = {
  getResolvedFiles: () => ["Token.sol"],
  emitsArtifacts: () => true,
  getSolcConfig: () => ({ version: "0.8.26", settings: { evmVersion: "cancun" } }),
};

describe("Compiling", () => {
  for (const [quiet, lines] of [
    [true, 0],
    [false, 1],
  ] as const) {
    it(`reports ${lines === 0 ? "nothing" : "its result"} on stdout ${quiet ? "before a document" : "otherwise"}`, async () => {
      const told: unknown[] = [];
      const { log } = console;
      console.log = (line: unknown) => void told.push(line);
      try {
        const args = { compilationJobs: [JOB], quiet };
        await hre.run(TASK_COMPILE_SOLIDITY_LOG_COMPILATION_RESULT, args);
      } finally {
        console.log = log;
      }
      expect(told).to.have.length(lines);
    });
  }
});
