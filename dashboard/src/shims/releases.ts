import { Interface } from "ethers";

import type { Deployments } from "../../../lib/dashboard/schema";

type Abis = Deployments["abis"]["ccip"];

let abis: Partial<Record<string, unknown>> = {};
const cache = new Map<string, { readonly interface: Interface }>();

/** Takes CCIP's ABIs out of the deployments export. */
export function useReleases(released: Abis): void {
  abis = released;
  cache.clear();
}

/**
 * Stands in for `lib/ccip/releases`, which reads files: the same ABIs, from the deployments export.
 * @throws when the export does not carry the contract.
 */
export function released(name: string): { readonly interface: Interface } {
  const known = cache.get(name);
  if (known) return known;
  const abi = abis[name];
  if (!abi) throw new Error(`The deployments export has no ABI of CCIP's ${name}.`);
  const code = { interface: new Interface(JSON.stringify(abi)) };
  cache.set(name, code);
  return code;
}
