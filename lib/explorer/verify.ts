import { ZeroAddress, dataSlice, getAddress } from "ethers";

import { contractAt } from "../core/abis";
import { OperatorError } from "../core/errors";
import type { Mesh, MeshChain } from "../core/mesh/mesh";
import { OPTIONAL_CONTRACTS, poolContract } from "../core/mesh/optional";
import type { OptionalKey } from "../core/mesh/optional";
import { TOKEN_DECIMALS } from "../core/units";
import type { DeploymentRecord } from "../deployments/store";

import { codeDifference, creationDifference } from "./code";
import type { Immutables } from "./code";
import type { Compiled } from "./compiled";
import { wrapperImmutables } from "./wrapperImmutables";

/** The part of a hardhat-deploy record that says how a contract was created. */
export type Creation = Pick<DeploymentRecord, "address" | "transactionHash" | "args">;

/** A contract on a chain, and the code that it should have. */
export interface ExpectedContract {
  readonly chain: string;
  /** "token implementation" */
  readonly contract: string;
  readonly address: string;
  /** `contracts/RebaseToken.sol:RebaseToken` */
  readonly fullName: string;
  /** The name of hardhat-deploy's record. */
  readonly deployment: string;
  readonly immutables: Immutables;
}

/** The result of comparing a contract with this checkout. */
export interface VerifiedContract extends ExpectedContract {
  /** The first difference in words; undefined when there is none. */
  readonly difference?: string | undefined;
  /** True if the transaction that created it could be compared as well. */
  readonly creation: "compared" | "unknown";
}

/** Options of the verification. */
export interface VerifyOptions {
  readonly compiled: Compiled;
  /** Finds the record of a deployment, by network and name. */
  readonly creationOf: (network: string, deployment: string) => Creation | undefined;
}

/** `keccak256("eip1967.proxy.implementation") - 1` */
const IMPLEMENTATION_SLOT = "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc";

/**
 * Compares every contract of a chain with what the compiler makes of the sources in this checkout: its code, its
 * immutables with the mesh's own addresses, and the code that created it where the transaction is known.
 */
export async function verifyChain(
  mesh: Mesh,
  chain: MeshChain,
  options: VerifyOptions,
): Promise<VerifiedContract[]> {
  const contracts = await expectedContracts(mesh, chain);
  const verified = await Promise.all(
    contracts.map((expected) => verifyContract(chain, expected, options)),
  );
  // The answers of a contract with different code prove nothing.
  const isOther = verified.some(
    ({ contract, difference }) => contract.startsWith("token ") && difference !== undefined,
  );
  if (isOther) return verified;
  const difference = await tokenDifference(mesh, chain);
  return verified.map((one) => (one.contract === "token proxy" ? { ...one, difference } : one));
}

type ContractRow = [contract: string, string, source: string, type: string, Immutables, string?];

/** Lists the contracts of a chain that the mesh file declares. */
function optionalContracts({ config }: Mesh, chain: MeshChain): ContractRow[] {
  const { contracts, ccip } = chain;
  const { token, wrapper = ZeroAddress } = contracts;
  const receiver = chain.role === "satellite" ? chain.contracts.receiver : ZeroAddress;
  const details: Readonly<Record<OptionalKey, readonly [source: string, Immutables]>> = {
    notifier: ["listeners", { i_token: token }],
    pairSyncer: ["listeners", {}],
    wrapper: ["defi", config.wrapper ? wrapperImmutables(chain, config.wrapper) : {}],
    wrappedBridge: ["defi", { i_wrapper: wrapper, i_token: token, i_link: ccip.link }],
    rateFeed: ["defi", { i_token: token, i_receiver: receiver }],
    proposalSender: ["home", { i_link: ccip.link }],
    proposalReceiver: ["satellite", { i_timelock: contracts.timelock }],
  };
  return OPTIONAL_CONTRACTS.flatMap(({ key, contract }): ContractRow[] => {
    const address = contracts[key];
    const [folder, immutables] = details[key];
    return address ? [[key, address, `contracts/${folder}`, contract, immutables]] : [];
  });
}

/** Lists every contract of a chain, the token's implementation as its proxy names it. */
async function expectedContracts(mesh: Mesh, chain: MeshChain): Promise<ExpectedContract[]> {
  const { provider, contracts, ccip, name } = chain;
  const { timelock, token, pool } = contracts;
  const slot = await provider.getStorage(token, IMPLEMENTATION_SLOT);
  const implementation = getAddress(dataSlice(slot, 12));
  const openZeppelin = "@openzeppelin/contracts";
  const rows: ContractRow[] = [
    ["timelock", timelock, `${openZeppelin}/governance`, "TimelockController", {}],
    [
      "token proxy",
      token,
      `${openZeppelin}/proxy/ERC1967`,
      "ERC1967Proxy",
      {},
      "RebaseToken_Proxy",
    ],
    [
      "token implementation",
      implementation,
      "contracts",
      "RebaseToken",
      { __self: implementation },
      "RebaseToken_Implementation",
    ],
    [
      "pool",
      pool,
      "contracts/ccip",
      poolContract(mesh.config, chain.role),
      { i_token: token, i_rmnProxy: ccip.rmnProxy, i_tokenDecimals: BigInt(TOKEN_DECIMALS) },
      "RebaseTokenPool",
    ],
  ];
  if (chain.role === "satellite") {
    const { receiver } = chain.contracts;
    rows.push(["receiver", receiver, "contracts/satellite", "RebaseReceiver", { i_token: token }]);
  } else {
    const { controller, broadcaster } = chain.contracts;
    const paid = { i_token: token, i_link: ccip.link };
    rows.push(
      ["controller", controller, "contracts/home", "RebaseController", { i_token: token }],
      ["broadcaster", broadcaster, "contracts/home", "RebaseBroadcaster", paid],
    );
  }
  rows.push(...optionalContracts(mesh, chain));
  return rows.map(([contract, address, folder, type, immutables, deployment = type]) => {
    const fullName = `${folder}/${type}.sol:${type}`;
    return { chain: name, contract, address, fullName, deployment, immutables };
  });
}

async function verifyContract(
  { provider }: MeshChain,
  expected: ExpectedContract,
  { compiled, creationOf }: VerifyOptions,
): Promise<VerifiedContract> {
  const contract = compiled.contract(expected.fullName);
  if (expected.address === ZeroAddress) {
    return { ...expected, difference: "the proxy names no implementation", creation: "unknown" };
  }
  const creation = creationOf(expected.chain, expected.deployment);
  const hash = creation?.address === expected.address ? creation.transactionHash : undefined;
  const [code, transaction, receipt] = await Promise.all([
    provider.getCode(expected.address),
    hash === undefined ? null : provider.getTransaction(hash),
    hash === undefined ? null : provider.getTransactionReceipt(hash),
  ]);
  const difference = codeDifference(code, contract, expected.immutables);
  // A node that does not return the transaction, or a factory that made the contract, proves nothing.
  if (!transaction || receipt?.contractAddress !== expected.address) {
    return { ...expected, difference, creation: "unknown" };
  }
  return {
    ...expected,
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

/** A contract that hardhat-verify submits to a block explorer. */
export interface ExplorerRequest {
  readonly address: string;
  /** `contracts/RebaseToken.sol:RebaseToken` */
  readonly contract: string;
  readonly constructorArguments: readonly unknown[];
}

/** Makes requests for a block explorer from hardhat-deploy's records; throws when one is missing or another's. */
export function explorerRequests(
  contracts: readonly ExpectedContract[],
  creationOf: VerifyOptions["creationOf"],
): ExplorerRequest[] {
  return contracts.map(({ chain, contract, address, fullName, deployment }) => {
    const creation = creationOf(chain, deployment);
    if (creation?.address === address) {
      return { address, contract: fullName, constructorArguments: creation.args ?? [] };
    }
    const found = creation ? `is of ${creation.address}` : "is not there";
    throw new OperatorError(
      "NOT_DEPLOYED",
      `The constructor arguments of the ${contract} at ${address} are not known: the record ${deployment}.json of ${chain} ${found}. Take it from the machine that deployed it.`,
    );
  });
}
