import { readFileSync } from "node:fs";
import path from "node:path";

import { builtinChains } from "@nomicfoundation/hardhat-verify/internal/chain-config";
import { format } from "prettier";
import { z } from "zod";

import { parseRegister } from "./register";
import type { NativeCurrency, RegisteredChain } from "../../lib/core/chains";

/** The file that the directory is generated into. */
export const GENERATED_FILE = path.join(__dirname, "../../config/chains.generated.json");

/**
 * The chain directory as it should be: every chain of Chainlink Local's `Register.sol`, with the
 * explorer that Hardhat's verifier knows for it, or else viem, and the currency that viem knows.
 */
export async function generatedDirectory(): Promise<string> {
  const source = readFileSync(require.resolve("@chainlink/local/src/ccip/Register.sol"), "utf8");
  const imported: unknown = await import(VIEM_CHAINS);
  const known = Object.values(namesakesSchema.parse({ ...Object(imported) }));
  const chains = parseRegister(source).map((chain) => {
    const namesake = namesakeOf(chain, known);
    const explorer = explorerOf(chain, namesake);
    const nativeCurrency = currencyOf(namesake);
    return {
      ...chain,
      ...(explorer !== undefined && { explorer }),
      ...(nativeCurrency && { nativeCurrency }),
    };
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
    nativeCurrency: z.object({ name: z.string(), symbol: z.string(), decimals: z.int() }),
    blockExplorers: z.object({ default: z.object({ url: z.url() }) }).optional(),
  }),
);

type KnownChain = z.output<typeof namesakesSchema>[string];

/** Words that name no chain in particular. */
const COMMON_WORDS = new Set(["chain", "evm", "mainnet", "network", "sepolia", "testnet"]);

/**
 * Several chains go by one id in viem's list: what counts is that a word of the name is the same, or that
 * the name has no word but common ones, as "Sepolia".
 */
function namesakeOf({ name, chainId }: RegisteredChain, known: readonly KnownChain[]) {
  const words = wordsOf(name);
  return known.find(
    (chain) =>
      chain.id === chainId &&
      (wordsOf(chain.name).some((word) => words.includes(word)) ||
        name.toLowerCase().split(" ").includes(chain.name.toLowerCase())),
  );
}

function explorerOf({ chainId }: RegisteredChain, namesake: KnownChain | undefined) {
  const verified = builtinChains.find((chain) => chain.chainId === chainId)?.urls.browserURL;
  return (verified ?? namesake?.blockExplorers?.default.url)?.replace(/\/$/, "");
}

/** Amounts in wei have 18 decimals everywhere here: another currency is rather called by no name. */
function currencyOf(namesake: KnownChain | undefined): NativeCurrency | undefined {
  if (namesake?.nativeCurrency.decimals !== 18) return undefined;
  const { name, symbol } = namesake.nativeCurrency;
  return { name, symbol };
}

function wordsOf(name: string): string[] {
  return name
    .toLowerCase()
    .split(" ")
    .filter((word) => !COMMON_WORDS.has(word));
}
