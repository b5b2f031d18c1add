import { BrowserProvider } from "ethers";
import type { Eip1193Provider } from "ethers";

import { LocalCcip } from "./delivery/local";
import type { LaneSettings } from "./contracts/lanes";
import { deployOn, lanesOf, openLanes } from "./network";
import { LocalnetOptionsError, planNetwork, selectorOf } from "./options";
import type { ChainOptions, NetworkOptions } from "./options";
import type { CcipChain, RpcProvider } from "./protocol/chain";

/** Options of CCIP between instances on one chain: only their names and selectors. */
export interface InProcessOptions extends Omit<NetworkOptions, "port" | "chains"> {
  readonly chains?: number | readonly Pick<ChainOptions, "name" | "selector">[];
  readonly laneSettings?: LaneSettings;
}

/** CCIP on one chain: each instance has its own selector and stands for a chain. */
export interface InProcessCcip {
  /** Each instance once, with the newest version of CCIP that its lanes run. */
  readonly chains: readonly CcipChain[];
  /** Delivers messages, round by round with `deliver()`. */
  readonly ccip: LocalCcip;
}

/**
 * Deploys CCIP several times side by side on one chain and opens the lanes between them: no nodes to start,
 * and stack traces and coverage include the contracts. All instances share accounts, clock and snapshots.
 * @param provider Hardhat's `network.provider` or `ethers.provider`, with Hardhat's default accounts.
 */
export async function startInProcess(
  provider: Eip1193Provider | RpcProvider,
  options: InProcessOptions = {},
): Promise<InProcessCcip> {
  const plan = planNetwork(options);
  if (plan.chains.some(({ chainId, port, fork }) => port > 0 || fork || chainId === undefined)) {
    throw new LocalnetOptionsError(
      "Instances on one chain have no port and no fork of their own: leave them out.",
    );
  }
  const rpc = "getNetwork" in provider ? provider : uncached(provider);
  const { chainId } = await rpc.getNetwork();
  const firstBlock = (await rpc.getBlockNumber()) + 1;
  const instances: CcipChain[][] = [];
  for (const { name, selector, chainId: planned, versions } of plan.chains) {
    const site = { name, chainId, provider: rpc, firstBlock };
    // In turn: the instances share one owner and its nonce.
    instances.push(
      await deployOn({ ...site, selector: selector ?? selectorOf(planned ?? 0) }, versions),
    );
  }
  const all = instances.flat();
  const lanes = lanesOf(all, plan.lanes);
  await openLanes(lanes, options.laneSettings);
  const chains = instances.flatMap(([newest]) => (newest ? [newest] : []));
  return { chains, ccip: new LocalCcip(all, { lanes }) };
}

/** Creates a provider of ethers without a cache, which saves nothing in process. */
function uncached(provider: Eip1193Provider): BrowserProvider {
  const options = { cacheTimeout: -1, pollingInterval: 10 };
  return new BrowserProvider(provider, undefined, options);
}
