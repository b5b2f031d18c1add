import { readReleasesFrom } from "ccip-localnet/protocol";

import type { Deployments } from "core/dashboardFile";

/** Loads CCIP's ABIs from the deployments export, because a page cannot read files. */
export function useReleases({ ccip, ccip20 }: Pick<Deployments["abis"], "ccip" | "ccip20">): void {
  const abis: Record<string, Partial<Record<string, unknown>>> = { "1.6": ccip, "2.0": ccip20 };
  readReleasesFrom((name, version) => {
    const abi = abis[version]?.[name];
    return abi === undefined ? undefined : { abi };
  });
}
