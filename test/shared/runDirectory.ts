/** The folder that all processes of a run of the tests share; it goes with the run. */
export function runDirectory(): string {
  const { TEST_RUN_DIRECTORY: directory } = process.env;
  if (directory) return directory;
  throw new Error("TEST_RUN_DIRECTORY is not set: start the tests with `npx hardhat test`.");
}
