import { localAccount } from "ccip-localnet";
import { LOCAL_ACCOUNTS } from "ccip-localnet/config";

import { requireChain } from "../../lib/core/mesh/mesh";
import type { Mesh, MeshChain } from "../../lib/core/mesh/mesh";
import { RebaseTokenPoolV1__factory, RebaseTokenPool__factory } from "../../typechain-types";

/** The same world with an additional, still unused pool deployed on some chains. */
export function withNewPools<W extends { readonly mesh: Mesh }>(
  world: W,
  ...networks: string[]
): Promise<W> {
  return withPoolsOf(RebaseTokenPool__factory, world, networks);
}

/** The same world with a pool of generation 1 deployed last on some chains. */
export function withPoolsOfGeneration1<W extends { readonly mesh: Mesh }>(
  world: W,
  ...networks: string[]
): Promise<W> {
  return withPoolsOf(RebaseTokenPoolV1__factory, world, networks);
}

async function withPoolsOf<W extends { readonly mesh: Mesh }>(
  Factory: typeof RebaseTokenPool__factory | typeof RebaseTokenPoolV1__factory,
  world: W,
  networks: readonly string[],
): Promise<W> {
  let { mesh } = world;
  for (const network of networks) {
    const { contracts, ccip, provider } = requireChain(mesh, network);
    const deployer = localAccount(LOCAL_ACCOUNTS.deployer, provider);
    const factory = new Factory(deployer);
    const pool = await factory.deploy(contracts.token, ccip.rmnProxy, ccip.router);
    await pool.waitForDeployment();
    mesh = withPool(mesh, network, await pool.getAddress());
  }
  return { ...world, mesh };
}

/** Returns the mesh with another newest pool on one of its chains. */
export function withPool(mesh: Mesh, network: string, pool: string): Mesh {
  const replaced = <C extends MeshChain>(chain: C): C =>
    chain.name === network
      ? { ...chain, poolDeployedAt: undefined, contracts: { ...chain.contracts, pool } }
      : chain;
  return { ...mesh, home: replaced(mesh.home), satellites: mesh.satellites.map(replaced) };
}
