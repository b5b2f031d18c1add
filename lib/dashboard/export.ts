import path from "node:path";
import { released } from "ccip-localnet/protocol";

import { OperatorError } from "../core/errors";
import {
  RebaseBroadcaster__factory,
  RebaseController__factory,
  RebaseReceiver__factory,
  RebaseTokenPool__factory,
  RebaseToken__factory,
  TimelockController__factory,
} from "../../typechain-types";
import { readPools } from "../ccip/sent";
import { liveChain, nativeCurrencyOf } from "../core/chains";
import { DeploymentStore } from "../deployments/store";
import { chainsOf, peersOf } from "../core/mesh/mesh";
import type { Mesh, MeshChain } from "../core/mesh/mesh";
import { RampLanes } from "../ccip/ramps";

import { CCIP_CONTRACTS, CCIP_CONTRACTS_20, deploymentsSchema } from "../core/dashboardFile";
import type { DeploymentsFile } from "../core/dashboardFile";

/** Options that are not part of a mesh. */
export interface ExportOptions {
  /** RPC endpoints for browsers, by network name. They are public to everyone who opens the dashboard. */
  readonly rpcUrls: ReadonlyMap<string, string>;
  /** The folder of hardhat-deploy's records, with one folder per network. */
  readonly deployments: string;
}

/**
 * Returns the dashboard's description of a mesh: its chains, endpoints, contracts and ABIs.
 * @throws naming the chain that has no RPC URL.
 */
export async function exportDeployments(
  mesh: Mesh,
  options: ExportOptions,
): Promise<DeploymentsFile> {
  const { config } = mesh;
  const file: DeploymentsFile = {
    version: 1,
    mesh: config.name,
    live: config.live,
    token: config.token,
    chains: await Promise.all(chainsOf(mesh).map((chain) => exportChain(mesh, chain, options))),
    abis: {
      own: {
        RebaseToken: [...RebaseToken__factory.abi],
        RebaseTokenPool: [...RebaseTokenPool__factory.abi],
        RebaseController: [...RebaseController__factory.abi],
        RebaseBroadcaster: [...RebaseBroadcaster__factory.abi],
        RebaseReceiver: [...RebaseReceiver__factory.abi],
        TimelockController: [...TimelockController__factory.abi],
      },
      ccip: Object.fromEntries(
        CCIP_CONTRACTS.map((name) => [name, released(name).abi]),
      ) as DeploymentsFile["abis"]["ccip"],
      ccip20: Object.fromEntries(
        CCIP_CONTRACTS_20.map((name) => [name, released(name, "2.0").abi]),
      ) as DeploymentsFile["abis"]["ccip20"],
    },
  };
  // Fail here rather than in the browser.
  deploymentsSchema.parse(file);
  return file;
}

async function exportChain(
  mesh: Mesh,
  chain: MeshChain,
  { rpcUrls, deployments }: ExportOptions,
): Promise<DeploymentsFile["chains"][number]> {
  const rpcUrl = rpcUrls.get(chain.name);
  if (!rpcUrl)
    throw new OperatorError(
      "MISSING_RPC_URL",
      `There is no RPC url for browsers to reach ${chain.name} by.`,
    );
  const explorer = liveChain(chain.name)?.explorer;
  const nativeCurrency = nativeCurrencyOf(chain.name);
  const pools = await readPools(chain, await chain.provider.getBlockNumber());
  const { router, rmnProxy, link } = chain.ccip;
  return {
    name: chain.name,
    role: chain.role,
    chainId: Number(chain.chainId),
    selector: chain.selector.toString(),
    rpcUrl,
    ...(explorer && { explorer }),
    ...(nativeCurrency && { nativeCurrency }),
    firstBlock: deployedInBlock(deployments, chain.name),
    contracts: contractsOf(chain),
    previousPools: pools.filter((pool) => pool !== chain.contracts.pool),
    ccip: { router, rmnProxy, link, ...(await rampsOf(mesh, chain)) },
  };
}

/** Returns the current and former ramps of the mesh's lanes on a chain. */
async function rampsOf(mesh: Mesh, chain: MeshChain) {
  const ramps = new RampLanes<MeshChain>();
  const lanes = await Promise.all(
    peersOf(mesh, chain).map(async (peer) => {
      const [sending, receiving] = await Promise.all([
        ramps.sending(chain, peer, await ramps.all(chain, peer)),
        ramps.all(peer, chain),
      ]);
      return {
        onRamps: sending.map(({ source }) => source.ccip.onRamp),
        offRamps: receiving.map(({ destination }) => destination.ccip.offRamp),
      };
    }),
  );
  return {
    onRamps: [...new Set(lanes.flatMap(({ onRamps }) => onRamps))].sort(),
    offRamps: [...new Set(lanes.flatMap(({ offRamps }) => offRamps))].sort(),
  };
}

/** Returns the contracts that the dashboard reads by address: all except the timelock. */
function contractsOf(chain: MeshChain): DeploymentsFile["chains"][number]["contracts"] {
  const { token, pool } = chain.contracts;
  if (chain.role === "satellite") return { token, pool, receiver: chain.contracts.receiver };
  const { controller, broadcaster } = chain.contracts;
  return { token, pool, controller, broadcaster };
}

/** Returns the deployment block of the token; 0 when hardhat-deploy did not record it. */
function deployedInBlock(deployments: string, network: string): number {
  const record = new DeploymentStore(path.join(deployments, network)).find("RebaseToken");
  return record?.receipt?.blockNumber ?? 0;
}
