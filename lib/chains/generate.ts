import { readFileSync } from "node:fs";
import path from "node:path";

import { builtinChains } from "@nomicfoundation/hardhat-verify/internal/chain-config";
import { format } from "prettier";

import { parseRegister } from "./register";

/** The file that the directory is generated into. */
export const GENERATED_FILE = path.join(__dirname, "../../config/chains.generated.json");

/**
 * The chain directory as it should be: every chain of Chainlink Local's `Register.sol`, with the
 * explorer that Hardhat's verifier knows for it.
 */
export async function generatedDirectory(): Promise<string> {
  const source = readFileSync(require.resolve("@chainlink/local/src/ccip/Register.sol"), "utf8");
  const explorers = new Map(
    builtinChains.map(({ chainId, urls }) => [chainId, urls.browserURL.replace(/\/$/, "")]),
  );
  const chains = parseRegister(source).map((chain) => {
    const explorer = explorers.get(chain.chainId);
    return explorer === undefined ? chain : { ...chain, explorer };
  });
  return format(JSON.stringify(chains), { parser: "json" });
}
