import { SolidityFilesCache } from "hardhat/builtin-tasks/utils/solidity-files-cache";
import type { HardhatRuntimeEnvironment } from "hardhat/types";

import { consoleOutput } from "../cli/consoleOutput";

/**
 * Compiles what has changed. A compiler's cache that cannot be written stops nothing: by then everything
 * is compiled, and the next run looks again.
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
