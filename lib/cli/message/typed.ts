import { parseHash } from "../../core/input/hash";
import { parseWhole } from "../../core/input/whole";
import { requireMember } from "../../core/mesh/members";
import type { MeshConfig } from "../../core/mesh/schema";

/** A message as a command line names it. */
interface TypedMessage {
  readonly hash: string;
  readonly chain?: string;
  readonly since?: string;
}

/**
 * Reads a message id or transaction hash, and the chain and block to search from.
 * @throws naming the option that is wrong and what to write instead.
 */
export function typedMessage(config: MeshConfig, { hash, chain, since }: TypedMessage) {
  if (chain !== undefined) requireMember(config, chain, "--chain");
  return {
    hash: parseHash(hash),
    ...(chain !== undefined && { chain }),
    ...(since !== undefined && { since: Number(parseWhole(since, { option: "--since" })) }),
  };
}

/** CCIP's OffRamp takes a uint32 for a pool, and no block holds as much for a receiver. */
const MAX_GAS = 2n ** 32n - 1n;

/**
 * Reads the gas limits of an execution by hand.
 * @throws InputError naming the option, and the most.
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
