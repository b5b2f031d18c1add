import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

import type { CcipAddresses } from "../ccip/chain";
import { feeTokenCode, released } from "../ccip/releases";
import type { FeeTokenCode } from "../ccip/releases";
import type { ManifestChain } from "./manifest";

/** What CCIP's contracts are called among the deployments of a local chain. */
export const CCIP_DEPLOYMENTS: Readonly<Record<keyof CcipAddresses, string>> = {
  router: "CCIP_Router",
  onRamp: "CCIP_OnRamp",
  offRamp: "CCIP_OffRamp",
  feeQuoter: "CCIP_FeeQuoter",
  rmnProxy: "CCIP_RMNProxy",
  rmnRemote: "CCIP_RMNRemote",
  nonceManager: "CCIP_NonceManager",
  tokenAdminRegistry: "CCIP_TokenAdminRegistry",
  registryModule: "CCIP_RegistryModule",
  link: "CCIP_LinkToken",
  weth: "CCIP_WETH9",
};

/**
 * Writes CCIP's addresses where hardhat-deploy looks for them, so that tasks and deploy scripts of
 * any terminal find them by name.
 */
export function writeDeployments(
  directory: string,
  chain: Pick<ManifestChain, "name" | "chainId" | "ccip">,
  feeTokens: FeeTokenCode = feeTokenCode(),
): void {
  const folder = path.join(directory, "deployments", chain.name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, ".chainId"), String(chain.chainId));
  for (const name of contractNames()) {
    const { abi } = name === "link" || name === "weth" ? feeTokens[name] : released(name);
    const deployment = { address: chain.ccip[name], abi };
    writeFileSync(
      path.join(folder, `${CCIP_DEPLOYMENTS[name]}.json`),
      `${JSON.stringify(deployment, undefined, 2)}\n`,
    );
  }
}

/** Forgets every deployment on local chains: with the chains, the contracts are gone. */
export function removeDeployments(directory: string): void {
  const parent = path.join(directory, "deployments");
  let folders: string[];
  try {
    folders = readdirSync(parent);
  } catch {
    return;
  }
  for (const folder of folders.filter((name) => name.startsWith("local-"))) {
    rmSync(path.join(parent, folder), { recursive: true, force: true });
  }
}

function contractNames(): (keyof CcipAddresses)[] {
  return Object.keys(CCIP_DEPLOYMENTS) as (keyof CcipAddresses)[];
}
