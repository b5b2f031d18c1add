import type { Provider } from "ethers";
import type { CcipAddresses } from "ccip-localnet/protocol";

import { OperatorError } from "../errors";
import { notAMember } from "./members";
import type { OptionalKey } from "./optional";
import type { MeshConfig, RoleName } from "./schema";

/** CCIP's contracts that the token is deployed and registered with; each lane's ramps are read from the router. */
export type ChainCcip = Pick<
  CcipAddresses,
  "router" | "rmnProxy" | "tokenAdminRegistry" | "registryModule" | "link"
>;

/** Picks these contracts from all CCIP addresses of a chain. */
export function chainCcip(addresses: ChainCcip): ChainCcip {
  const { router, rmnProxy, tokenAdminRegistry, registryModule, link } = addresses;
  return { router, rmnProxy, tokenAdminRegistry, registryModule, link };
}

/** Addresses of the contracts that every chain of a mesh has, and of those that the mesh file declares. */
interface CommonContracts extends Partial<Readonly<Record<OptionalKey, string>>> {
  readonly timelock: string;
  readonly token: string;
  readonly pool: string;
}

interface MeshChainBase {
  /** Network name. */
  readonly name: string;
  readonly chainId: bigint;
  /** CCIP chain selector, not the chain id. */
  readonly selector: bigint;
  readonly provider: Provider;
  readonly ccip: ChainCcip;
  /** The block of the first deployment, before which there are no events of the project; 0 unless known. */
  readonly deployedAt?: number;
  /** The deployment block of the newest pool; undefined if unknown. */
  readonly poolDeployedAt?: number | undefined;
  /** The newest deployed implementation of the token; undefined if unknown. */
  readonly implementation?: RecordedImplementation;
}

/** A recorded implementation of the token: the one that its proxy runs, or its next upgrade. */
export interface RecordedImplementation {
  readonly address: string;
  /** The ABI-encoded call in the upgrade transaction; `0x` for none. */
  readonly migration: string;
  /** Earlier recorded implementations. */
  readonly previous: readonly string[];
}

/** The chain where the token is issued and rebased. */
export interface HomeChain extends MeshChainBase {
  readonly role: "home";
  readonly contracts: CommonContracts & {
    readonly controller: string;
    readonly broadcaster: string;
  };
}

/** A chain that follows the home. */
export interface SatelliteChain extends MeshChainBase {
  readonly role: "satellite";
  readonly contracts: CommonContracts & { readonly receiver: string };
}

export type MeshChain = HomeChain | SatelliteChain;

/** A mesh whose contracts are deployed: its mesh file, and the addresses on every chain. */
export interface Mesh {
  readonly config: MeshConfig;
  readonly home: HomeChain;
  readonly satellites: readonly SatelliteChain[];
  /** The account that deployed the home's contracts and administers them until the hand-over. */
  readonly deployer: string;
  /** The deployer of each chain, by network name; the same account everywhere if omitted. */
  readonly deployers?: ReadonlyMap<string, string>;
  /** The account that deploys and pays for permissionless calls; it needs no role. */
  readonly operator: string;
}

/** Returns all chains of a mesh, home first. */
export function chainsOf(mesh: Mesh): MeshChain[] {
  return [mesh.home, ...mesh.satellites];
}

/** Returns the peers of a chain: all other chains of the mesh. */
export function peersOf(mesh: Mesh, chain: MeshChain): MeshChain[] {
  return chainsOf(mesh).filter((other) => other.selector !== chain.selector);
}

/** Returns every ordered pair of different chains. */
export function pairsOf<C extends { readonly selector: bigint }>(
  chains: readonly C[],
): { readonly source: C; readonly destination: C }[] {
  return chains.flatMap((source) =>
    chains
      .filter(({ selector }) => selector !== source.selector)
      .map((destination) => ({ source, destination })),
  );
}

/** Returns the chain of a mesh with that network name, given as an option; throws listing the known names. */
export function requireChain(mesh: Mesh, name: string, option?: string): MeshChain {
  const chains = chainsOf(mesh);
  const chain = chains.find((candidate) => candidate.name === name);
  if (chain) return chain;
  const names = chains.map((candidate) => candidate.name);
  throw notAMember(mesh.config.name, name, names, option);
}

/** Returns the satellite with that network name, or all of them without one; throws listing the known names. */
export function requireSatellites(mesh: Mesh, name: string | undefined): readonly SatelliteChain[] {
  return name === undefined ? mesh.satellites : [requireSatellite(mesh, name)];
}

/** Returns the satellite with that network name, given as `--chain`; throws listing the known names. */
export function requireSatellite(mesh: Mesh, name: string): SatelliteChain {
  const satellite = mesh.satellites.find((candidate) => candidate.name === name);
  if (satellite) return satellite;
  const names = mesh.satellites.map((candidate) => candidate.name);
  throw notAMember(mesh.config.name, name, names, "--chain");
}

/** Returns the error for a chain whose deployer no record names: another account would be granted its roles. */
export function unknownDeployerError(network: string): OperatorError {
  return new OperatorError(
    "NOT_DEPLOYED",
    `The deployer of the token on ${network} is unknown: the record RebaseToken.json of ${network} has no receipt. Restore it as hardhat-deploy wrote it.`,
  );
}

/** Returns the deployer of a chain, by its network name, or that of the home; throws when no record names it. */
export function deployerOn(
  { deployer, deployers }: Pick<Mesh, "deployer" | "deployers">,
  network?: string,
): string {
  if (network === undefined || !deployers) return deployer;
  const found = deployers.get(network);
  if (found === undefined) throw unknownDeployerError(network);
  return found;
}

/**
 * Returns the account that the mesh declares for a role.
 * @param network the chain; without it, the account on chains without overrides.
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
