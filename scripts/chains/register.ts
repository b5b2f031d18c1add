import { getAddress } from "ethers";

import type { RegisteredChain } from "../../lib/core/chains";

const ENTRY =
  /\/\/ (?<name>[^\n]+)\n\s*s_networkDetails\[(?<chainId>\d+)\] = NetworkDetails\(\{(?<fields>[\s\S]*?)\}\);/g;

/**
 * Reads every chain out of the source of Chainlink Local's `Register.sol`.
 * @throws when an assignment in the source was not understood, rather than leave a chain out.
 */
export function parseRegister(source: string): RegisteredChain[] {
  const chains = [...source.matchAll(ENTRY)].map(({ groups }) => {
    const fields = groups?.fields ?? "";
    const value = (field: string, pattern: string) => {
      const found = new RegExp(`${field}: (?:address\\()?(${pattern})`).exec(fields)?.[1];
      if (!found) throw new Error(`Register.sol: chain ${groups?.chainId} has no ${field}.`);
      return found;
    };
    const address = (field: string) => getAddress(value(field, "0x[0-9a-fA-F]{40}").toLowerCase());
    return {
      name: (groups?.name ?? "").trim(),
      chainId: Number(groups?.chainId),
      selector: value("chainSelector", "\\d+"),
      router: address("routerAddress"),
      link: address("linkAddress"),
      wrappedNative: address("wrappedNativeAddress"),
      rmnProxy: address("rmnProxyAddress"),
      registryModule: address("registryModuleOwnerCustomAddress"),
      tokenAdminRegistry: address("tokenAdminRegistryAddress"),
    };
  });
  const assignments = source.match(/s_networkDetails\[\d+\] =/g)?.length ?? 0;
  if (chains.length !== assignments) {
    throw new Error(`Register.sol: understood ${chains.length} of ${assignments} chains.`);
  }
  return chains;
}
