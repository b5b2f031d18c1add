import { ZeroAddress, dataSlice, getAddress } from "ethers";

import {
  broadcasterArguments,
  controllerArguments,
  poolArguments,
  receiverArguments,
} from "../mesh/constructorArguments";
import { contractAt } from "../core/abis";
import { deployerOn } from "../core/mesh/mesh";
import type { Mesh, MeshChain } from "../core/mesh/mesh";
import { TOKEN_DECIMALS } from "../core/units";
import type { DeploymentRecord } from "../deployments/store";

import { codeDifference, creationDifference } from "./code";
import type { Immutables } from "./code";
import type { Compiled } from "./compiled";

/** The part of a hardhat-deploy record that says how a contract was created. */
export type Creation = Pick<DeploymentRecord, "address" | "transactionHash" | "args">;

/** A contract on a chain, and what its code should be. */
export interface ContractSite {
  readonly chain: string;
  /** "token implementation" */
  readonly contract: string;
  readonly address: string;
  /** The source file. */
  readonly source: string;
  readonly name: string;
  /** The name of hardhat-deploy's record. */
  readonly deployment: string;
  readonly immutables: Immutables;
}

/** The result of comparing a contract with this checkout. */
export interface Verdict extends ContractSite {
  /** The first difference in words; undefined when there is none. */
  readonly difference?: string | undefined;
  /** True if the transaction that created it could be compared as well. */
  readonly creation: "compared" | "unknown";
}

/** Options of the verification. */
export interface VerifyOptions {
  readonly compiled: Compiled;
  /** Finds the record of a deployment, by network and name. */
  creationOf(network: string, deployment: string): Creation | undefined;
}

/** `keccak256("eip1967.proxy.implementation") - 1` */
const IMPLEMENTATION_SLOT = "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc";

const OPENZEPPELIN = "@openzeppelin/contracts";

/**
 * Compares every contract of a chain with what the compiler makes of the sources in this checkout: its
 * code, its immutables with the mesh's own addresses, and, where the transaction is known, the code
 * that created it.
 */
export async function verifyChain(
  mesh: Mesh,
  chain: MeshChain,
  options: VerifyOptions,
): Promise<Verdict[]> {
  const sites = await contractSites(mesh, chain);
  const verdicts = await Promise.all(sites.map((site) => verifyContract(chain, site, options)));
  const isToken = ({ contract }: Verdict) => /^token (proxy|implementation)$/.test(contract);
  // What other code says of itself is of no interest.
  if (verdicts.some((verdict) => isToken(verdict) && verdict.difference !== undefined)) {
    return verdicts;
  }
  const difference = await tokenDifference(mesh, chain);
  return verdicts.map((verdict) =>
    verdict.contract === "token proxy" ? { ...verdict, difference } : verdict,
  );
}

/** Every contract of a chain, the token's implementation as its proxy names it. */
export async function contractSites(mesh: Mesh, chain: MeshChain): Promise<ContractSite[]> {
  const { provider, contracts, name } = chain;
  const slot = await provider.getStorage(contracts.token, IMPLEMENTATION_SLOT);
  const implementation = getAddress(dataSlice(slot, 12));
  const site = {
    network: name,
    config: mesh.config,
    role: chain.role,
    ccip: chain.ccip,
    deployer: deployerOn(mesh, name),
  };
  const [token, rmnProxy] = poolArguments(site, contracts.token);
  const ours = (
    contract: string,
    address: string,
    [source, type]: readonly [source: string, name: string],
    immutables: Immutables,
    deployment = type,
  ): ContractSite => ({
    chain: name,
    contract,
    address,
    source,
    name: type,
    deployment,
    immutables,
  });
  const common = [
    ours(
      "timelock",
      contracts.timelock,
      [`${OPENZEPPELIN}/governance/TimelockController.sol`, "TimelockController"],
      {},
    ),
    ours(
      "token proxy",
      contracts.token,
      [`${OPENZEPPELIN}/proxy/ERC1967/ERC1967Proxy.sol`, "ERC1967Proxy"],
      {},
      "RebaseToken_Proxy",
    ),
    ours(
      "token implementation",
      implementation,
      ["contracts/RebaseToken.sol", "RebaseToken"],
      { __self: implementation },
      "RebaseToken_Implementation",
    ),
    ours("pool", contracts.pool, ["contracts/ccip/RebaseTokenPool.sol", "RebaseTokenPool"], {
      i_token: token,
      i_rmnProxy: rmnProxy,
      i_tokenDecimals: BigInt(TOKEN_DECIMALS),
    }),
  ];
  if (chain.role === "satellite") {
    const [, followed] = receiverArguments(site, contracts.token);
    return [
      ...common,
      ours(
        "receiver",
        chain.contracts.receiver,
        ["contracts/satellite/RebaseReceiver.sol", "RebaseReceiver"],
        { i_token: followed },
      ),
    ];
  }
  const [decided] = controllerArguments(site, contracts.token);
  const [told, , link] = broadcasterArguments(site, contracts.token);
  return [
    ...common,
    ours(
      "controller",
      chain.contracts.controller,
      ["contracts/home/RebaseController.sol", "RebaseController"],
      { i_token: decided },
    ),
    ours(
      "broadcaster",
      chain.contracts.broadcaster,
      ["contracts/home/RebaseBroadcaster.sol", "RebaseBroadcaster"],
      { i_token: told, i_link: link },
    ),
  ];
}

async function verifyContract(
  { provider }: MeshChain,
  site: ContractSite,
  options: VerifyOptions,
): Promise<Verdict> {
  const contract = options.compiled.contract(site.source, site.name);
  if (site.address === ZeroAddress) {
    return { ...site, difference: "the proxy names no implementation", creation: "unknown" };
  }
  const creation = options.creationOf(site.chain, site.deployment);
  const hash = creation?.address === site.address ? creation.transactionHash : undefined;
  const [code, transaction, receipt] = await Promise.all([
    provider.getCode(site.address),
    hash === undefined ? null : provider.getTransaction(hash),
    hash === undefined ? null : provider.getTransactionReceipt(hash),
  ]);
  const difference = codeDifference(code, contract, site.immutables);
  // A node that has forgotten the transaction, or a factory that made the contract, proves nothing.
  if (!transaction || receipt?.contractAddress !== site.address) {
    return { ...site, difference, creation: "unknown" };
  }
  return {
    ...site,
    difference: difference ?? creationDifference(transaction.data, contract),
    creation: "compared",
  };
}

/** Reads the values that a token was initialised with and that never change. */
async function tokenDifference(
  { config }: Mesh,
  { provider, contracts, role }: MeshChain,
): Promise<string | undefined> {
  const token = contractAt.token(contracts.token, provider);
  const [name, symbol, isHome] = await Promise.all([token.name(), token.symbol(), token.isHome()]);
  const stated = { name, symbol, isHome };
  const declared = { ...config.token, isHome: role === "home" };
  for (const key of ["name", "symbol", "isHome"] as const) {
    if (stated[key] !== declared[key]) {
      return `its ${key} is ${JSON.stringify(stated[key])}, not ${JSON.stringify(declared[key])}`;
    }
  }
  return undefined;
}
