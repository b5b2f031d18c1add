import { SolidityFilesCache } from "hardhat/builtin-tasks/utils/solidity-files-cache";
import type { HardhatRuntimeEnvironment } from "hardhat/types";

import { consoleOutput } from "../cli/consoleOutput";

/**
 * Compiles the changed sources. A compiler cache that cannot be written is only reported: everything is compiled by
 * then, and the next run compiles again.
 */
export async function compileChanged(hre: Pick<HardhatRuntimeEnvironment, "run">): Promise<void> {
  const write = Reflect.get(SolidityFilesCache.prototype, "writeToFile");
  // Taken here: the error of a disk that is full does not say which file was written.
  SolidityFilesCache.prototype.writeToFile = async function (file) {
    try {
      await write.call(this, file);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      consoleOutput.log(`nothing is kept for the next run, which compiles again: ${reason}`);
    }
  };
  try {
    await hre.run("compile", { quiet: true });
  } finally {
    SolidityFilesCache.prototype.writeToFile = write;
  }
}
