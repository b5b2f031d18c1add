import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { format } from "prettier";

import { parseRegister } from "../lib/chains/register";

/** Writes config/chains.generated.json from Chainlink Local's Register.sol. */
async function main(): Promise<void> {
  const source = readFileSync(require.resolve("@chainlink/local/src/ccip/Register.sol"), "utf8");
  const file = path.join(__dirname, "../config/chains.generated.json");
  writeFileSync(file, await format(JSON.stringify(parseRegister(source)), { parser: "json" }));
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
