import { localAccount } from "ccip-localnet";
import { LOCAL_ACCOUNTS } from "ccip-localnet/config";

import { coreMesh } from "../../config/meshes/local";
import { parseMesh } from "../../lib/core/mesh/parse";
import type { MeshInput } from "../../lib/core/mesh/schema";
import { ContainedRebaseTokenPool__factory } from "../../typechain-types";
import type { ContainedRebaseTokenPool } from "../../typechain-types";

import { CCIP_VERSION } from "./ccipVersion";
import { loadFixture } from "./fixture";
import { withPool } from "./newPools";
import { Scenario } from "./scenario";
import { containedIn, hubAndSpoke } from "./world";

/** A wired mesh whose satellites are connected with home alone, every lane contained. */
export async function containedScenario(): Promise<Scenario> {
  const { mesh, chains } = await loadFixture(containedIn[CCIP_VERSION]);
  return new Scenario({ mesh, chains });
}

/** The scenario with another mesh file. */
export function withFile(s: Scenario, change: (file: MeshInput) => MeshInput): Scenario {
  const config = parseMesh(change(hubAndSpoke()));
  return new Scenario({ mesh: { ...s.mesh, config }, chains: s.chains }, s.ccip);
}

/** The scenario with another pool at home that contains lanes, deployed and not used yet. */
export async function withNewPool(s: Scenario): Promise<Scenario> {
  const { contracts, ccip, provider, name } = s.home;
  const deployer = localAccount(LOCAL_ACCOUNTS.deployer, provider);
  const factory = new ContainedRebaseTokenPool__factory(deployer);
  const pool = await factory.deploy(contracts.token, ccip.rmnProxy, ccip.router);
  await pool.waitForDeployment();
  const mesh = withPool(s.mesh, name, await pool.getAddress());
  return new Scenario({ mesh, chains: s.chains }, s.ccip);
}

/** The pool at home. */
export function containedPool({ home }: Scenario): ContainedRebaseTokenPool {
  return ContainedRebaseTokenPool__factory.connect(home.contracts.pool, home.provider);
}

/** A mesh file in which the lanes between home and the first satellite are closed. */
export function closedToSat1(file: MeshInput): MeshInput {
  const pairs = {
    ...file.lanes.pairs,
    "local-home -> local-sat1": "closed",
    "local-sat1 -> local-home": "closed",
  };
  return { ...file, lanes: { ...file.lanes, pairs } };
}

/** {@link hubAndSpoke} without containment. */
export function uncontained(file: MeshInput): MeshInput {
  return { ...file, lanes: { ...file.lanes, contained: [] } };
}

/** A mesh file whose satellites are connected with each other. */
export const connected = (): MeshInput => coreMesh();
