import { localAccount } from "ccip-localnet";
import { LOCAL_ACCOUNTS } from "ccip-localnet/config";

import { chainNamed, withPool } from "../../lib/mesh/mesh";
import type { Mesh } from "../../lib/mesh/mesh";
import { RebaseTokenPool__factory } from "../../typechain-types";

/** The same world with a pool deployed last on some chains that nobody knows of yet. */
export async function withNewPools<W extends { readonly mesh: Mesh }>(
  world: W,
  ...networks: string[]
): Promise<W> {
  let { mesh } = world;
  for (const network of networks) {
    const { contracts, ccip, provider } = chainNamed(mesh, network);
    const deployer = localAccount(LOCAL_ACCOUNTS.deployer, provider);
    const factory = new RebaseTokenPool__factory(deployer);
    const pool = await factory.deploy(contracts.token, ccip.rmnProxy, ccip.router);
    await pool.waitForDeployment();
    mesh = withPool(mesh, network, await pool.getAddress());
  }
  return { ...world, mesh };
}
