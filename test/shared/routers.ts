import { call, connectLanes, deployContract, sendAll } from "ccip-localnet";
import { lanesBetween, released } from "ccip-localnet/protocol";
import type { CcipChain } from "ccip-localnet/protocol";

import { chainsOf } from "../../lib/core/mesh/mesh";
import type { Mesh, MeshChain } from "../../lib/core/mesh/mesh";

import { Scenario } from "./scenario";

/** A router that replaces the one of a chain, as CCIP's owner goes about it. */
export interface NewRouter {
  readonly address: string;
  /** The same world with the new router in the mesh file: what its tools go by from now on. */
  readonly declared: Scenario;
  /** Has the ramps of every lane of the chain take messages from the new router, and hand them over through it. */
  readonly moveLanes: () => Promise<void>;
}

/** Deploys another router on a chain, with the ramps of the current one or none; no ramp uses it yet. */
export async function deployRouter(
  s: Scenario,
  chain: MeshChain,
  names: "the ramps" | "no ramps" = "the ramps",
): Promise<NewRouter> {
  const { ccip, owner } = s.ccipChain(chain);
  const address = await deployContract(owner, released("router"), [ccip.weth, ccip.rmnProxy]);
  const chains = s.chains.map((one): CcipChain =>
    one.selector === chain.selector ? { ...one, ccip: { ...one.ccip, router: address } } : one,
  );
  const peers =
    names === "no ramps"
      ? []
      : chainsOf(s.mesh).filter(({ selector }) => selector !== chain.selector);
  await sendAll(owner, [
    call({ ...ccip, router: address }, "router", "applyRampUpdates", [
      peers.map(({ selector }) => ({ destChainSelector: selector, onRamp: ccip.onRamp })),
      [],
      peers.map(({ selector }) => ({ sourceChainSelector: selector, offRamp: ccip.offRamp })),
    ]),
  ]);
  return {
    address,
    declared: new Scenario({ mesh: withRouter(s.mesh, chain, address), chains }, s.ccip),
    moveLanes: () => connectLanes(lanesBetween(chains)),
  };
}

function withRouter(mesh: Mesh, { name }: MeshChain, router: string): Mesh {
  const changed = <C extends MeshChain>(chain: C): C =>
    chain.name === name ? { ...chain, ccip: { ...chain.ccip, router } } : chain;
  return { ...mesh, home: changed(mesh.home), satellites: mesh.satellites.map(changed) };
}
