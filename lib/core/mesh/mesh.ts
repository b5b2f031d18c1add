import type { Provider } from "ethers";
import type { CcipAddresses } from "ccip-localnet/protocol";

import { CodedError, OperatorError } from "../errors";
import { notAMember } from "./members";
import type { MeshConfig, RoleName } from "./schema";

/**
 * CCIP's contracts that the token is deployed and registered with. Its ramps are not among them: each lane
 * has its own in each direction, and CCIP's owner replaces them, so they are asked of the router.
 */
export type ChainCcip = Pick<
  CcipAddresses,
  "router" | "rmnProxy" | "tokenAdminRegistry" | "registryModule" | "link"
>;

/** Those contracts among others of CCIP's on a chain. */
export function chainCcip(addresses: ChainCcip): ChainCcip {
  const { router, rmnProxy, tokenAdminRegistry, registryModule, link } = addresses;
  return { router, rmnProxy, tokenAdminRegistry, registryModule, link };
}

/** Addresses of the contracts that every chain of a mesh has. */
interface CommonContracts {
  readonly timelock: string;
  readonly token: string;
  readonly pool: string;
}

/** Addresses of the home's contracts. */
export interface HomeContracts extends CommonContracts {
  readonly controller: string;
  readonly broadcaster: string;
}

/** Addresses of a satellite's contracts. */
export interface SatelliteContracts extends CommonContracts {
  readonly receiver: string;
}

interface MeshChainBase {
  /** Network name. */
  readonly name: string;
  readonly chainId: bigint;
  /** CCIP chain selector, not the chain id. */
  readonly selector: bigint;
  readonly provider: Provider;
  readonly ccip: ChainCcip;
  /** The block in which the first contract was deployed: no event of ours is older; 0 unless known. */
  readonly deployedAt?: number;
  /** The block in which the pool was deployed that is deployed last; unknown if missing. */
  readonly poolDeployedAt?: number | undefined;
  /** The token's implementation that was deployed last; unknown if missing. */
  readonly implementation?: RecordedImplementation;
}

/** An implementation of the token on record: what its proxy runs, or is to be upgraded to. */
export interface RecordedImplementation {
  readonly address: string;
  /** What it is called with in the transaction that upgrades to it, ABI-encoded; `0x` for nothing. */
  readonly migration: string;
  /** Those that were deployed before, on record too. */
  readonly previous: readonly string[];
}

/** The chain where the token is issued and rebased. */
export interface HomeChain extends MeshChainBase {
  readonly role: "home";
  readonly contracts: HomeContracts;
}

/** A chain that follows the home. */
export interface SatelliteChain extends MeshChainBase {
  readonly role: "satellite";
  readonly contracts: SatelliteContracts;
}

export type MeshChain = HomeChain | SatelliteChain;

/** A mesh whose contracts are deployed: its mesh file, and the addresses on every chain. */
export interface Mesh {
  readonly config: MeshConfig;
  readonly home: HomeChain;
  readonly satellites: readonly SatelliteChain[];
  /** The account that deployed the home's contracts and administers them until they are handed over. */
  readonly deployer: string;
  /** The deployer of each chain, by network name; the same account everywhere if left out. */
  readonly deployers?: ReadonlyMap<string, string>;
  /** The account that deploys, and pays for what anybody may do; it needs no role. */
  readonly operator: string;
}

/** All chains of a mesh, home first. */
export function chainsOf(mesh: Mesh): MeshChain[] {
  return [mesh.home, ...mesh.satellites];
}

/** The chains that a chain has a lane to and from: all others. */
export function peersOf(mesh: Mesh, chain: MeshChain): MeshChain[] {
  return chainsOf(mesh).filter((other) => other.selector !== chain.selector);
}

/** Every two chains in both directions: from each to each other. */
export function pairsOf<C extends { readonly selector: bigint }>(
  chains: readonly C[],
): { readonly source: C; readonly destination: C }[] {
  return chains.flatMap((source) =>
    chains
      .filter(({ selector }) => selector !== source.selector)
      .map((destination) => ({ source, destination })),
  );
}

/**
 * The chain of a mesh with that network name.
 * @param option what the name was given as, for the error.
 * @throws naming those that there are.
 */
export function requireChain(mesh: Mesh, name: string, option?: string): MeshChain {
  const chain = chainsOf(mesh).find((candidate) => candidate.name === name);
  if (chain) return chain;
  throw notAMember(
    mesh.config.name,
    name,
    chainsOf(mesh).map((candidate) => candidate.name),
    option,
  );
}

/** The same mesh with another pool deployed last on one of its chains. */
export function withPool(mesh: Mesh, network: string, pool: string): Mesh {
  const replaced = <C extends MeshChain>(chain: C): C =>
    chain.name === network
      ? { ...chain, poolDeployedAt: undefined, contracts: { ...chain.contracts, pool } }
      : chain;
  return { ...mesh, home: replaced(mesh.home), satellites: mesh.satellites.map(replaced) };
}

/** The deployer of a chain is in no record, and another account in its place would be given its roles. */
export class UnknownDeployerError extends CodedError {
  override readonly name = "UnknownDeployerError";
  readonly code = "NOT_DEPLOYED";

  constructor(network: string) {
    super(
      `The deployer of the token on ${network} is unknown: the record RebaseToken.json of ${network} has no receipt. Restore it as hardhat-deploy wrote it.`,
    );
  }
}

/**
 * Returns the deployer of a chain, by its network name; without it, that of the home.
 * @throws UnknownDeployerError when no record names it.
 */
export function deployerOn(
  { deployer, deployers }: Pick<Mesh, "deployer" | "deployers">,
  network?: string,
): string {
  if (network === undefined || !deployers) return deployer;
  const found = deployers.get(network);
  if (found === undefined) throw new UnknownDeployerError(network);
  return found;
}

/**
 * Returns the account that the mesh declares for a role.
 * @param network the chain; without it, the account on chains without settings of their own.
 * @throws when it is the chain's Safe and none is set, or the deployer and no record names it.
 */
export function holderOf(
  mesh: Pick<Mesh, "config" | "deployer" | "deployers">,
  role: RoleName,
  network?: string,
): string {
  const { config } = mesh;
  const settings = network === undefined ? undefined : config.chains?.[network];
  const holder = settings?.roles?.[role] ?? config.roles[role];
  if (holder === "deployer") return deployerOn(mesh, network);
  if (holder !== "safe") return holder;
  if (settings?.safe) return settings.safe;
  throw new OperatorError(
    "MISSING_SETTING",
    `The ${role} of ${network ?? `mesh ${config.name}`} is its Safe, and none is named: set chains.${network ?? "<network>"}.safe in the mesh file.`,
  );
}
