import { readReleasesFrom } from "ccip-localnet/protocol";

import type { Deployments } from "core/dashboardFile";

/** Takes CCIP's ABIs out of the deployments export: a page has no files to read them from. */
export function useReleases({ ccip, ccip20 }: Pick<Deployments["abis"], "ccip" | "ccip20">): void {
  const abis: Record<string, Partial<Record<string, unknown>>> = { "1.6": ccip, "2.0": ccip20 };
  readReleasesFrom((name, version) => {
    const abi = abis[version]?.[name];
    return abi === undefined ? undefined : { abi };
  });
}
