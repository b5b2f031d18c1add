import { parseHash } from "../../core/input/address";
import { parseWhole } from "../../core/input/decimal";
import { requireMember } from "../../core/mesh/members";
import type { MeshConfig } from "../../core/mesh/schema";

/** A message as typed on the command line. */
interface TypedMessage {
  readonly hash: string;
  readonly chain?: string;
  readonly since?: string;
}

/**
 * Parses a message id or transaction hash, and the chain and block to search from.
 * @throws InputError naming the invalid option and the expected format.
 */
export function typedMessage(config: MeshConfig, { hash, chain, since }: TypedMessage) {
  if (chain !== undefined) requireMember(config, chain, "--chain");
  return {
    hash: parseHash(hash),
    ...(chain !== undefined && { chain }),
    ...(since !== undefined && { since: Number(parseWhole(since, { option: "--since" })) }),
  };
}

/** CCIP's OffRamp accepts a uint32 for a pool, and no block has that much gas for a receiver. */
const MAX_GAS = 2n ** 32n - 1n;

/**
 * Parses the gas limits of a manual execution.
 * @throws InputError naming the option and the maximum.
 */
export function typedGas({
  receiverGas,
  tokenGas,
}: {
  readonly receiverGas?: string;
  readonly tokenGas?: string;
}) {
  const gas = (text: string, option: string) =>
    parseWhole(text, { most: MAX_GAS, unit: "gas", option });
  return {
    ...(receiverGas !== undefined && { receiverGas: gas(receiverGas, "--receiver-gas") }),
    ...(tokenGas !== undefined && { tokenGas: gas(tokenGas, "--token-gas") }),
  };
}
