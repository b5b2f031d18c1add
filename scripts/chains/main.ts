import { writeFileSync } from "node:fs";

import { generatedDirectory, GENERATED_FILE } from "./generate";

/** Writes config/chains.generated.json from Chainlink Local's Register.sol. */
async function main(): Promise<void> {
  writeFileSync(GENERATED_FILE, await generatedDirectory());
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
