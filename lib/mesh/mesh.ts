import type { Provider } from "ethers";

import type { CcipAddresses } from "../ccip/chain";

import type { MeshConfig, RoleName } from "./schema";

/** CCIP's contracts that the token is deployed and registered with. */
export type ChainCcip = Pick<
  CcipAddresses,
  "router" | "rmnProxy" | "tokenAdminRegistry" | "registryModule" | "link"
>;

/** The ramps that its messages pass. */
export type ChainRamps = Pick<CcipAddresses, "onRamp" | "offRamp">;

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
  readonly ccip: ChainCcip & ChainRamps;
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

/** A mesh whose contracts are deployed: what should be, and where it lives. */
export interface Mesh {
  readonly config: MeshConfig;
  readonly home: HomeChain;
  readonly satellites: readonly SatelliteChain[];
  /** Who deployed the contracts and holds their administration until it is handed over. */
  readonly deployer: string;
}

/** All chains of a mesh, home first. */
export function chainsOf(mesh: Mesh): MeshChain[] {
  return [mesh.home, ...mesh.satellites];
}

/** The chains that a chain has a lane to and from: all others. */
export function peersOf(mesh: Mesh, chain: MeshChain): MeshChain[] {
  return chainsOf(mesh).filter((other) => other.selector !== chain.selector);
}

/** The account that holds a role in this mesh. */
export function holderOf(mesh: Pick<Mesh, "config" | "deployer">, role: RoleName): string {
  const holder = mesh.config.roles[role];
  return holder === "deployer" ? mesh.deployer : holder;
}
