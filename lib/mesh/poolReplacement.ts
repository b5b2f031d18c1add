import { ZeroAddress } from "ethers";

import type { Artifact } from "../deployments/artifact";
import { FULL_FINALITY } from "./components/pool";
import { contractAt } from "../core/abis";
import type { DeploymentStore, DeploymentRecord } from "../deployments/store";
import { isCodeOf } from "../deployments/code";
import { findDeployed } from "../deployments/deploy";
import type { Deployment } from "../deployments/deploy";
import { poolArguments } from "./constructorArguments";
import { peersOf, withPool } from "../core/mesh/mesh";
import type { Mesh, MeshChain } from "../core/mesh/mesh";
import { stateOf } from "./state";
import type { ChainState, MeshState } from "./state";

/** The record of the pool that is deployed last: what a mesh is opened with. */
export const POOL = "RebaseTokenPool";

/** The record of a new pool until the one before is kept under a name of its own. */
const NEXT = `${POOL}_Next`;

/** What the pool of a chain is constructed with. */
export function poolArgumentsOn({ config, operator }: Mesh, chain: MeshChain) {
  const { name: network, role, ccip } = chain;
  const site = { network, config, role, ccip, deployer: operator };
  return poolArguments(site, chain.contracts.token);
}

/** Whether the pool that is deployed last is what this checkout would deploy. */
export async function isPoolOfCheckout(chain: MeshChain, artifact: Artifact): Promise<boolean> {
  const { contracts, ccip, provider } = chain;
  if (!isCodeOf(artifact, await provider.getCode(contracts.pool))) return false;
  const pool = contractAt.pool(contracts.pool, provider);
  const [token, rmnProxy] = await Promise.all([pool.getToken(), pool.getRmnProxy()]);
  return token === contracts.token && rmnProxy === ccip.rmnProxy;
}

/** Older pools of a chain that are in use, may mint, or are known elsewhere: none unless one is being replaced. */
export function poolsToForget(mesh: Mesh, state: MeshState, chain: MeshChain): string[] {
  return stateOf(state, chain)
    .previousPools.filter(
      ({ address, inUse, mayMint }) =>
        inUse ||
        mayMint ||
        peersOf(mesh, chain).some((peer) =>
          stateOf(state, peer).pool.remotes.get(chain.selector)?.pools.includes(address),
        ),
    )
    .map(({ address }) => address);
}

/** Whether an older pool of a chain is in use or may mint still: then its replacement has to go on. */
export function isBeingReplaced(state: MeshState, chain: MeshChain): boolean {
  return stateOf(state, chain).previousPools.some(({ inUse, mayMint }) => inUse ?? mayMint);
}

/** A new pool on a chain, and the name that it is written down under at first. */
export function nextPool(
  mesh: Mesh,
  chain: MeshChain,
  artifact: Artifact,
  deploymentStore: DeploymentStore,
): Deployment {
  return { artifact, deploymentStore, name: NEXT, args: poolArgumentsOn(mesh, chain) };
}

/**
 * A new pool that a run before has deployed and not yet put down as the pool of its chain, if there is
 * one with the code of this checkout.
 */
export async function findNext(
  chain: MeshChain,
  next: Deployment,
): Promise<DeploymentRecord | undefined> {
  // The last thing that a run does is to remove the record under this name.
  if (next.deploymentStore.find(NEXT)?.address === chain.contracts.pool)
    next.deploymentStore.remove(NEXT);
  return findDeployed(chain, next);
}

/**
 * Puts a new pool down as the pool of its chain, and keeps the one before under a name of its own. May
 * be interrupted anywhere and done again.
 * @returns the record of the new one.
 */
export function adoptNext(deploymentStore: DeploymentStore): DeploymentRecord {
  const next = deploymentStore.get(NEXT);
  const before = deploymentStore.get(POOL);
  deploymentStore.archive(POOL);
  deploymentStore.write(POOL, { ...next, numDeployments: (before.numDeployments ?? 1) + 1 });
  deploymentStore.remove(NEXT);
  return next;
}

/** What would be read if a new pool were deployed at an address, and nothing else done: for a plan ahead. */
export function asIfDeployed(
  mesh: Mesh,
  state: MeshState,
  chain: MeshChain,
  pool: string,
): { readonly mesh: Mesh; readonly state: MeshState } {
  const changed = <S extends ChainState>(now: S): S =>
    now.chain === chain.name ? { ...now, ...withNewPool(mesh, now, chain) } : now;
  return {
    mesh: withPool(mesh, chain.name, pool),
    state: {
      home: changed(state.home),
      satellites: new Map([...state.satellites].map(([name, now]) => [name, changed(now)])),
    },
  };
}

function withNewPool(mesh: Mesh, now: ChainState, chain: MeshChain) {
  const { pool, token, previousPools, unexpectedGrants, registry } = now;
  const old = chain.contracts.pool;
  const mayMint = token.roles.BRIDGE_ROLE ?? false;
  const { owner, remotes } = pool;
  const inUse = registry.pool === old ? { owner, remotes, supersedes: false } : undefined;
  return {
    pool: {
      owner: mesh.operator,
      offeredToTimelock: false,
      generation: 2 as const,
      rateLimitAdmin: ZeroAddress,
      router: chain.ccip.router,
      feeAdmin: ZeroAddress,
      allowedFinality: FULL_FINALITY,
      thirdParties: [],
      remotes: new Map(),
    },
    token: { ...token, roles: { ...token.roles, BRIDGE_ROLE: false } },
    previousPools: [
      ...previousPools,
      { address: old, mayMint, shares: 0n, ...(inUse && { inUse }) },
    ],
    unexpectedGrants: mayMint
      ? [...unexpectedGrants, { contract: "token" as const, role: "BRIDGE_ROLE", account: old }]
      : unexpectedGrants,
    acceptance: { state: "unset" as const, readyAt: 0n },
  };
}
