import { parseHash } from "../../core/input/address";
import { parseWhole } from "../../core/input/decimal";
import { requireMember } from "../../core/mesh/members";
import type { MeshConfig } from "../../core/mesh/schema";

/**
 * Parses a message id or transaction hash, and the chain and block to search from.
 * @throws InputError naming the invalid option and the expected format.
 */
export function typedMessage(
  config: MeshConfig,
  typed: { readonly hash: string; readonly chain?: string; readonly since?: string },
) {
  const { hash, chain, since } = typed;
  if (chain !== undefined) requireMember(config, chain, "--chain");
  return {
    hash: parseHash(hash),
    chain,
    since: since === undefined ? undefined : Number(parseWhole(since, { option: "--since" })),
  };
}

/** CCIP's OffRamp accepts a uint32 for a pool, and no block has that much gas for a receiver. */
const MAX_GAS = 2n ** 32n - 1n;

/**
 * Parses the gas limits of a manual execution.
 * @throws InputError naming the option and the maximum.
 */
export function typedGas(typed: { readonly receiverGas?: string; readonly tokenGas?: string }) {
  const gas = (text: string | undefined, option: string) =>
    text === undefined ? undefined : parseWhole(text, { most: MAX_GAS, unit: "gas", option });
  return {
    receiverGas: gas(typed.receiverGas, "--receiver-gas"),
    tokenGas: gas(typed.tokenGas, "--token-gas"),
  };
}
