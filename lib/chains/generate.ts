import { readFileSync } from "node:fs";
import path from "node:path";

import { builtinChains } from "@nomicfoundation/hardhat-verify/internal/chain-config";
import { format } from "prettier";
import { z } from "zod";

import { parseRegister } from "./register";
import type { RegisteredChain } from "./register";

/** The file that the directory is generated into. */
export const GENERATED_FILE = path.join(__dirname, "../../config/chains.generated.json");

/**
 * The chain directory as it should be: every chain of Chainlink Local's `Register.sol`, with the
 * explorer that Hardhat's verifier knows for it, or else viem.
 */
export async function generatedDirectory(): Promise<string> {
  const source = readFileSync(require.resolve("@chainlink/local/src/ccip/Register.sol"), "utf8");
  const imported: unknown = await import(VIEM_CHAINS);
  const known = Object.values(namesakesSchema.parse({ ...Object(imported) }));
  const chains = parseRegister(source).map((chain) => {
    const explorer = explorerOf(chain, known);
    return explorer === undefined ? chain : { ...chain, explorer };
  });
  return format(JSON.stringify(chains), { parser: "json" });
}

/** Not a literal where it is imported: its types ask for those of a browser. */
const VIEM_CHAINS: string = "viem/chains";

const namesakesSchema = z.record(
  z.string(),
  z.object({
    id: z.int(),
    name: z.string(),
    blockExplorers: z.object({ default: z.object({ url: z.url() }) }).optional(),
  }),
);

type KnownChain = z.output<typeof namesakesSchema>[string];

/** Words that name no chain in particular. */
const COMMON_WORDS = new Set(["chain", "evm", "mainnet", "network", "sepolia", "testnet"]);

/** Several chains go by one id in viem's list: what counts is that a word of the name is the same. */
function explorerOf({ name, chainId }: RegisteredChain, known: readonly KnownChain[]) {
  const verified = builtinChains.find((chain) => chain.chainId === chainId)?.urls.browserURL;
  const words = wordsOf(name);
  const namesake = known.find(
    (chain) => chain.id === chainId && wordsOf(chain.name).some((word) => words.includes(word)),
  );
  return (verified ?? namesake?.blockExplorers?.default.url)?.replace(/\/$/, "");
}

function wordsOf(name: string): string[] {
  return name
    .toLowerCase()
    .split(" ")
    .filter((word) => !COMMON_WORDS.has(word));
}
