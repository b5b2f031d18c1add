import { Interface } from "ethers";

import type { Deployments } from "../../../lib/dashboard/schema";

/** The versions of CCIP that lanes run, oldest first. */
export const CCIP_VERSIONS = ["1.6", "2.0"] as const;

type CcipVersion = (typeof CCIP_VERSIONS)[number];

let abis: Record<CcipVersion, Partial<Record<string, unknown>>> = { "1.6": {}, "2.0": {} };
const cache = new Map<string, { readonly interface: Interface }>();

/** Takes CCIP's ABIs out of the deployments export. */
export function useReleases({ ccip, ccip20 }: Pick<Deployments["abis"], "ccip" | "ccip20">): void {
  abis = { "1.6": ccip, "2.0": ccip20 };
  cache.clear();
}

/**
 * Stands in for `lib/ccip/releases`, which reads files: the same ABIs, from the deployments export; those of
 * CCIP 1.6 unless a version is named.
 * @throws when the export does not carry the contract.
 */
export function released(
  name: string,
  version: CcipVersion = "1.6",
): { readonly interface: Interface } {
  const key = `${name} ${version}`;
  const known = cache.get(key);
  if (known) return known;
  const abi = abis[version][name];
  if (!abi) throw new Error(`The deployments export has no ABI of CCIP ${version}'s ${name}.`);
  const code = { interface: new Interface(JSON.stringify(abi)) };
  cache.set(key, code);
  return code;
}

/** The same where the version is known only as the program runs. */
export const releasedOf = released;
