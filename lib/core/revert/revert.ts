import type { Revert } from "ccip-localnet/protocol";

import type { MeshChain } from "../mesh/mesh";

/** Returns the innermost revert of a chain of wrapped reverts. */
export function innermost(revert: Revert): Revert {
  return revert.cause ? innermost(revert.cause) : revert;
}

/** Returns an error with its arguments in one line; addresses of `chain` are followed by the contract's name. */
export function errorText({ name, args, data }: Revert, chain?: MeshChain): string {
  if (name === "empty") return "no reason given (out of gas, or a bare revert)";
  if (name === "unknown") return `unknown error ${data}`;
  const text = `${name}(${args.join(", ")})`;
  return Object.entries(chain?.contracts ?? {}).reduce(
    (result, [contract, address]) => result.replaceAll(String(address), `${address} (${contract})`),
    text,
  );
}
