import { ERROR_CONTRACTS, released } from "ccip-localnet/protocol";
import type { Interface } from "ethers";

import { RampLanes } from "../ccip/ramps";
import { readPools } from "../ccip/sent";
import { abi } from "../core/abis";
import { liveChain, nativeCurrencyOf } from "../core/chains";
import { deploymentsSchema } from "../core/dashboardFile";
import type { DeploymentsFile } from "../core/dashboardFile";
import { OperatorError } from "../core/errors";
import { chainsOf, peersOf } from "../core/mesh/mesh";
import type { Mesh, MeshChain } from "../core/mesh/mesh";

type Abi = DeploymentsFile["abis"]["own"]["RebaseToken"];

const abiOf = (contract: Interface) => JSON.parse(contract.formatJson()) as Abi;

/**
 * Returns the dashboard's description of a mesh: its chains, endpoints, contracts and ABIs.
 * @param rpcUrls RPC endpoints for browsers, by network name. They are public to everyone who opens the dashboard.
 * @throws naming the chain that has no RPC URL.
 */
export async function exportDeployments(
  mesh: Mesh,
  rpcUrls: ReadonlyMap<string, string>,
): Promise<DeploymentsFile> {
  const { config } = mesh;
  const file: DeploymentsFile = {
    version: 1,
    mesh: config.name,
    live: config.live,
    token: config.token,
    ...(config.wrapper && {
      wrapper: { name: config.wrapper.name, symbol: config.wrapper.symbol },
    }),
    chains: await Promise.all(chainsOf(mesh).map((chain) => exportChain(mesh, chain, rpcUrls))),
    abis: {
      own: {
        RebaseToken: abiOf(abi.token),
        RebaseTokenPool: abiOf(abi.pool),
        RebaseController: abiOf(abi.controller),
        RebaseBroadcaster: abiOf(abi.broadcaster),
        RebaseReceiver: abiOf(abi.receiver),
        TimelockController: abiOf(abi.timelock),
        RebaseNotifier: abiOf(abi.notifier),
        WrappedRebaseToken: abiOf(abi.wrapper),
        ProposalSender: abiOf(abi.proposalSender),
        ProposalReceiver: abiOf(abi.proposalReceiver),
      },
      ccip: Object.fromEntries(
        ERROR_CONTRACTS["1.6"].map((name) => [name, released(name).abi]),
      ) as DeploymentsFile["abis"]["ccip"],
      ccip20: Object.fromEntries(
        ERROR_CONTRACTS["2.0"].map((name) => [name, released(name, "2.0").abi]),
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
  rpcUrls: ReadonlyMap<string, string>,
): Promise<DeploymentsFile["chains"][number]> {
  const { name, role, deployedAt = 0, contracts } = chain;
  const rpcUrl = rpcUrls.get(name);
  if (!rpcUrl) {
    throw new OperatorError(
      "MISSING_RPC_URL",
      `There is no RPC url for browsers to reach ${name} by.`,
    );
  }
  const explorer = liveChain(name)?.explorer;
  const nativeCurrency = nativeCurrencyOf(name);
  const pools = await readPools(chain, await chain.provider.getBlockNumber());
  const { router, rmnProxy, link } = chain.ccip;
  return {
    name,
    role,
    chainId: Number(chain.chainId),
    selector: chain.selector.toString(),
    rpcUrl,
    ...(explorer && { explorer }),
    ...(nativeCurrency && { nativeCurrency }),
    firstBlock: deployedAt,
    contracts,
    previousPools: pools.filter((pool) => pool !== contracts.pool),
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
