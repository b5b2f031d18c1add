import type { Signer } from "ethers";
import { Wallet } from "ethers";
import type { HardhatRuntimeEnvironment, HttpNetworkConfig } from "hardhat/types";

import { LOCAL_FUNDED_ACCOUNTS } from "../../config/localChains";
import { meshByName } from "../../config/meshes";
import { localAccount } from "../ccip/accounts";
import { liveChain } from "../chains/directory";
import type { ChainCcip, Mesh, MeshChain } from "../mesh/mesh";
import { deployedAddress, openMesh } from "../mesh/open";
import type { ChainSite } from "../mesh/open";
import { CCIP_DEPLOYMENTS } from "../localnet/deployments";
import { readManifest } from "../localnet/manifest";
import { localnetRoot, rpcUrl, rpcUrlVariable } from "../../config/env";
import { openProvider } from "../rpc/provider";

/** A mesh that a task works on, and the keys at hand. */
export interface MeshSession {
  readonly mesh: Mesh;
  /**
   * A signer for an account, connected to the chain.
   * @throws naming the account and the chain when no key for it is at hand.
   */
  signerFor(chain: MeshChain, account: string): Promise<Signer>;
  /** Ends the connections: a task that leaves them open never ends. */
  close(): void;
}

/**
 * Opens the mesh called `name`: checks its file, connects to every chain and looks up what is deployed.
 * @throws naming what is missing and the remedy.
 */
export async function openSession(
  hre: HardhatRuntimeEnvironment,
  name: string,
): Promise<MeshSession> {
  const config = meshByName(name);
  const { deployments } = hre.config.paths;
  const names = [config.home, ...config.satellites];
  const opened = await Promise.allSettled(
    names.map((network) => openSite(hre, network, deployments)),
  );
  const sites = opened.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const close = () => sites.forEach(({ provider }) => provider.destroy());
  try {
    const failure = opened.find((result) => result.status === "rejected");
    if (failure) throw failure.reason;
    const wallets = keysAtHand(hre, config.home);
    const deployer = wallets[0]?.address;
    if (!deployer) throw new Error("There is no key at hand: set DEPLOYER_PRIVATE_KEY in .env.");
    const mesh = await openMesh(config, { deployments, sites, deployer });
    return { mesh, close, signerFor: (chain, account) => signerAmong(wallets, chain, account) };
  } catch (error) {
    close();
    throw error;
  }
}

async function openSite(hre: HardhatRuntimeEnvironment, network: string, deployments: string) {
  const live = liveChain(network);
  const settings = hre.config.networks[network] as HttpNetworkConfig | undefined;
  if (live) {
    const url = rpcUrl(network);
    if (!url) {
      throw new Error(
        `There is no RPC url for ${network}: set ${rpcUrlVariable(network)} in .env.`,
      );
    }
    const provider = await openProvider(network, url, BigInt(live.chainId));
    const { chainId, selector, ccip } = live;
    return {
      name: network,
      chainId: BigInt(chainId),
      selector,
      ccip,
      provider,
    } satisfies ChainSite;
  }
  const local = readManifest(localnetRoot())?.chains.find((chain) => chain.name === network);
  if (!local || !settings) {
    throw new Error(
      `${network} does not run: start the local network with "npx hardhat localnet start".`,
    );
  }
  const ccip = (contract: keyof ChainCcip) =>
    deployedAddress(deployments, network, CCIP_DEPLOYMENTS[contract]);
  return {
    name: network,
    chainId: BigInt(local.chainId),
    selector: BigInt(local.selector),
    provider: await openProvider(network, local.url, BigInt(local.chainId)),
    ccip: {
      router: ccip("router"),
      rmnProxy: ccip("rmnProxy"),
      tokenAdminRegistry: ccip("tokenAdminRegistry"),
      registryModule: ccip("registryModule"),
      link: ccip("link"),
    },
  } satisfies ChainSite;
}

/** The keys that Hardhat's configuration names for a network, the deployer's first. */
function keysAtHand(hre: HardhatRuntimeEnvironment, network: string) {
  if (!liveChain(network)) {
    return Array.from({ length: LOCAL_FUNDED_ACCOUNTS }, (_, index) => localAccount(index));
  }
  const { accounts } = hre.config.networks[network] as HttpNetworkConfig;
  return Array.isArray(accounts) ? accounts.map((key) => new Wallet(key)) : [];
}

function signerAmong(
  wallets: readonly {
    readonly address: string;
    connect(provider: MeshChain["provider"]): Signer;
  }[],
  chain: MeshChain,
  account: string,
): Promise<Signer> {
  const wallet = wallets.find(({ address }) => address === account);
  if (wallet) return Promise.resolve(wallet.connect(chain.provider));
  return Promise.reject(
    new Error(
      `There is no key for ${account} at hand to sign on ${chain.name}: it has to be signed elsewhere.`,
    ),
  );
}
