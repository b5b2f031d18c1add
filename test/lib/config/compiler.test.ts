import path from "node:path";

import { expect } from "chai";
import hre from "hardhat";
import {
  TASK_COMPILE_SOLIDITY_COMPILE,
  TASK_COMPILE_SOLIDITY_GET_COMPILER_INPUT,
  TASK_COMPILE_SOLIDITY_LOG_COMPILATION_RESULT,
  TASK_COMPILE_SOLIDITY_MERGE_COMPILATION_JOBS,
} from "hardhat/builtin-tasks/task-names";
import { CompilationJob } from "hardhat/internal/solidity/compilation-job";
import { ResolvedFile } from "hardhat/internal/solidity/resolver";
import type { CompilationJob as Job, CompilerInput } from "hardhat/types";

import { assertTakes, MOST_CHARACTERS } from "../../../config/compileJobs";

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

  it("makes the code of the tests, and of what only they import, in a job of their own", async () => {
    const jobs = [
      jobFor("contracts/Token.sol", "oz/ERC20.sol"),
      jobFor("contracts/test/Peer.sol", "contracts/Token.sol", "oz/ERC20.sol", "solady/ERC20.sol"),
      jobFor("oz/ERC20.sol"),
      jobFor("solady/ERC20.sol"),
    ];
    const merged = (await hre.run(TASK_COMPILE_SOLIDITY_MERGE_COMPILATION_JOBS, {
      compilationJobs: jobs,
    })) as Job[];
    expect(merged.map(madeBy)).to.deep.equal([
      ["contracts/Token.sol", "oz/ERC20.sol"],
      ["contracts/test/Peer.sol", "solady/ERC20.sol"],
    ]);
  });

  it("has the compiler only read what is imported from another job", async () => {
    const { settings } = await inputOf(jobFor("contracts/test/Peer.sol", "contracts/Token.sol"));
    expect(settings.outputSelection).to.deep.equal({
      "*": { "": ["ast"], "*": ["abi", "evm.methodIdentifiers"] },
      "contracts/test/Peer.sol": { "*": ["abi", "evm.bytecode"] },
    });
    const whole = await inputOf(jobFor("contracts/Token.sol"));
    expect(whole.settings.outputSelection).to.deep.equal(SETTINGS.outputSelection);
  });

  it("refuses a job that the compiler would abort at, with its size", async () => {
    const job = (spaces: number) => jobOf(resolved("contracts/Token.sol", " ".repeat(spaces)));
    const { length } = JSON.stringify(await inputOf(job(0)));
    const largest = await inputOf(job(MOST_CHARACTERS - length));
    expect(() => assertTakes(largest)).not.to.throw();
    const input = await inputOf(job(MOST_CHARACTERS - length + 1));
    const args = { input, solcVersion: CONFIG.version, quiet: true };
    await expect(hre.run(TASK_COMPILE_SOLIDITY_COMPILE, args)).to.be.rejectedWith(
      `The sources of one compile job are ${MOST_CHARACTERS + 1} characters of input, and the compiler in JavaScript takes at most ${MOST_CHARACTERS}`,
    );
  });
});

const SETTINGS = {
  optimizer: { enabled: true },
  outputSelection: { "*": { "": ["ast"], "*": ["abi", "evm.bytecode"] } },
};
const CONFIG = { version: "0.8.26", settings: SETTINGS };

function resolved(sourceName: string, rawContent = ""): ResolvedFile {
  const content = { rawContent, imports: [], versionPragmas: [] };
  const own = sourceName.startsWith("contracts/");
  const file = path.join(own ? hre.config.paths.root : "/node_modules", sourceName);
  return new ResolvedFile(
    sourceName,
    file,
    content,
    sourceName,
    new Date(),
    ...(own ? [] : ["library", "1.0.0"]),
  );
}

function jobOf(file: ResolvedFile): CompilationJob {
  const job = new CompilationJob(CONFIG);
  job.addFileToCompile(file, true);
  return job;
}

/** The job of a file before it is merged: it makes the code of that file, and reads its imports. */
function jobFor(file: string, ...imports: readonly string[]): CompilationJob {
  const job = jobOf(resolved(file));
  for (const name of imports) job.addFileToCompile(resolved(name), false);
  return job;
}

/** The sources whose code a job makes. */
function madeBy(job: Job): string[] {
  const made = job.getResolvedFiles().filter((file) => job.emitsArtifacts(file));
  return made.map(({ sourceName }) => sourceName).sort();
}

function inputOf(compilationJob: Job): Promise<CompilerInput> {
  return hre.run(TASK_COMPILE_SOLIDITY_GET_COMPILER_INPUT, {
    compilationJob,
  }) as Promise<CompilerInput>;
}
