import path from "node:path";

import type { JsonRpcProvider, Signer } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";

import { localnetRoot, rpcUrl, rpcUrlVariable } from "../../config/env";
import { LOCAL_FUNDED_ACCOUNTS } from "../../config/localChains";
import { meshByName } from "../../config/meshes";
import { localAccount } from "../ccip/accounts";
import { liveChain } from "../chains/directory";
import { CCIP_DEPLOYMENTS } from "../localnet/deployments";
import { readManifest } from "../localnet/manifest";
import { passTimeOn } from "../localnet/waiting";
import type { Desk } from "../mesh/desk/desk";
import { inspectCcip, inspectMesh } from "../mesh/inspect";
import type { ChainCcip, MeshChain } from "../mesh/mesh";
import { deployedAddress, deployerOf, openMesh } from "../mesh/open";
import type { ChainSite } from "../mesh/open";
import type { MeshConfig } from "../mesh/schema";
import { NoKeyError } from "../mesh/signing";
import { openProvider } from "../rpc/provider";

import { unlock } from "./keys";
import { ledgerSigner } from "./ledger";
import { fileLogStore } from "./logStore";

/** A mesh that a task works on, and the keys at hand. */
export interface MeshSession extends Desk {
  /** Whether real money or a public testnet is behind it: then nothing is sent without leave. */
  readonly live: boolean;
  /** Ends the connections: a task that leaves them open never ends. */
  close(): void;
}

/** How much of a mesh is opened. */
export interface SessionOptions {
  /**
   * Network names of the chains that are needed beside the home: the others may be out of reach, and
   * are left out of the session's mesh. All unless named.
   */
  readonly only?: readonly string[];
}

/** Blocks that count a transaction on a live chain, unless the mesh file says otherwise. */
const LIVE_CONFIRMATIONS = 2;

/**
 * Opens the mesh called `name`: checks its file, connects to every chain, looks up what is deployed
 * and whether it is what it should be. Reading takes no key.
 * @throws naming what is missing and the remedy.
 */
export async function openSession(
  hre: HardhatRuntimeEnvironment,
  name: string,
  { only }: SessionOptions = {},
): Promise<MeshSession> {
  const config = part(meshByName(name), only);
  const { deployments } = hre.config.paths;
  const names = [config.home, ...config.satellites];
  const opened = await Promise.allSettled(names.map((network) => openSite(network, deployments)));
  const sites = opened.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const close = () => sites.forEach(({ provider }) => provider.destroy());
  try {
    const failure = opened.find((result) => result.status === "rejected");
    if (failure) throw failure.reason;
    const keys = await keysAtHand(config);
    const deployer = keys[0]?.address ?? deployerOf(deployments, config.home);
    await Promise.all(sites.map((site) => inspectCcip(site.name, site.provider, { ...site.ccip })));
    const mesh = await openMesh(config, { deployments, sites, deployer });
    await inspectMesh(mesh);
    const isLocal = sites.every((site) => !liveChain(site.name));
    return {
      mesh,
      live: config.live,
      close,
      signerFor: (chain, account) => signerAmong(keys, chain, account),
      sendOptions: (chain) => ({
        confirmations:
          config.chains?.[chain.name]?.confirmations ?? (config.live ? LIVE_CONFIRMATIONS : 1),
      }),
      ...(isLocal
        ? { passTime: passTimeOn(sites) }
        : { store: fileLogStore(path.join(hre.config.paths.cache, "logs")) }),
    };
  } catch (error) {
    close();
    throw error;
  }
}

function part(config: MeshConfig, only: readonly string[] | undefined): MeshConfig {
  if (!only) return config;
  const members = [config.home, ...config.satellites];
  const stranger = only.find((network) => !members.includes(network));
  if (stranger !== undefined) {
    throw new Error(
      `${stranger} is not in mesh ${config.name}: name one of ${members.join(", ")}.`,
    );
  }
  return { ...config, satellites: config.satellites.filter((network) => only.includes(network)) };
}

type Site = ChainSite & { readonly provider: JsonRpcProvider };

async function openSite(network: string, deployments: string): Promise<Site> {
  const live = liveChain(network);
  if (live) {
    const url = rpcUrl(network);
    if (!url) {
      throw new Error(
        `There is no RPC url for ${network}: set ${rpcUrlVariable(network)} in .env.`,
      );
    }
    const provider = await openProvider(network, url, BigInt(live.chainId));
    const { chainId, selector, ccip } = live;
    return { name: network, chainId: BigInt(chainId), selector, ccip, provider };
  }
  const local = readManifest(localnetRoot())?.chains.find((chain) => chain.name === network);
  if (!local) {
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
  };
}

/** A key that signs for one account, the deployer's first. */
interface Key {
  readonly address: string;
  connect(provider: MeshChain["provider"]): Signer;
}

/** The keys of a local network are everybody's; on live chains there is the deployer's, or none. */
async function keysAtHand({ home }: MeshConfig): Promise<Key[]> {
  if (!liveChain(home)) {
    return Array.from({ length: LOCAL_FUNDED_ACCOUNTS }, (_, index) => localAccount(index));
  }
  if (process.env.DEPLOYER_LEDGER) return [ledgerSigner(process.env.DEPLOYER_LEDGER)];
  const wallet = await unlock();
  return wallet ? [wallet] : [];
}

function signerAmong(keys: readonly Key[], chain: MeshChain, account: string): Promise<Signer> {
  const key = keys.find(({ address }) => address === account);
  return key
    ? Promise.resolve(key.connect(chain.provider))
    : Promise.reject(new NoKeyError(account, chain.name));
}
