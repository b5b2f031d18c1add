import type { HardhatRuntimeEnvironment } from "hardhat/types";

import { TERMINAL } from "../cli/voice";

/**
 * Compiles what has changed. A compiler's cache that cannot be written stops nothing: by then everything
 * is compiled, and the next run looks again.
 */
export async function compileChanged(
  hre: Pick<HardhatRuntimeEnvironment, "run" | "config">,
): Promise<void> {
  try {
    await hre.run("compile", { quiet: true });
  } catch (error) {
    if (!isAbout(error, hre.config.paths.cache)) throw error;
    TERMINAL.say(`nothing is kept for the next run, which compiles again: ${error.message}`);
  }
}

/** Whether a file could not be written in a folder. */
function isAbout(error: unknown, folder: string): error is Error {
  return (
    error instanceof Error &&
    "path" in error &&
    typeof error.path === "string" &&
    error.path.startsWith(folder)
  );
}
