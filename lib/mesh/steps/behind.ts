import type { Mesh, MeshChain } from "../../core/mesh/mesh";
import type { PreviousPool } from "../previousPools";
import type { ChainState } from "../state";
import { withDependents } from "../step";
import type { Step } from "../step";

import { call, change } from "./stepBuilders";

/**
 * The pool that came after the one that is deployed last, as far as these deployments know: they are
 * behind, and to put them through would undo a replacement. Undefined when the mesh file says that
 * it is withdrawn; and for a pool that has none of the powers of one, which nobody has put in order.
 */
function successor({ config }: Mesh, chain: MeshChain, now: ChainState): PreviousPool | undefined {
  return now.previousPools.find(
    ({ address, mayMint, inUse }) =>
      inUse?.supersedes === true &&
      (mayMint || inUse.owner === chain.contracts.timelock) &&
      config.chains?.[chain.name]?.withdrawnPool !== address,
  );
}

/** A step for deployments that are behind the chain; none when they are not. */
export function behindSteps(mesh: Mesh, chain: MeshChain, now: ChainState): Step[] {
  const found = successor(mesh, chain, now);
  if (!found) return [];
  const { name, contracts } = chain;
  return [
    {
      id: `${name}/deployments/pool`,
      chain: name,
      title: "bring the deployments folder up to date, by hand",
      changes: [change("pool on record", contracts.pool, found.address)],
      status: {
        kind: "waiting",
        cause: "drift",
        reason: `people: the deployments folder is behind: ${found.address} was put in use on ${name} when ${contracts.pool} was there already. Pull, or get deployments/${mesh.config.name}/${name}/RebaseTokenPool.json from whoever replaced it; until then nothing is planned for ${name}, nor for any pool. If you mean to go back to the older pool, say so in the mesh file: chains.${name}.withdrawnPool = "${found.address}"`,
      },
      after: [],
      call: call(contracts.timelock, "whoever has newer records", contracts.token, "0x"),
    },
  ];
}

/** A plan without what deployments that are behind would undo: nothing there, nor of any pool. */
export function withoutReversal(steps: readonly Step[], behind: readonly Step[]): Step[] {
  if (behind.length === 0) return [...steps];
  const chains = behind.map(({ chain }) => chain);
  const isTouched = ({ id, chain }: Step) =>
    chains.includes(chain) || id.startsWith(`${chain}/pool`);
  const touched = withDependents(
    steps,
    steps.filter(isTouched).map(({ id }) => id),
  );
  return [...behind, ...steps.filter(({ id }) => !touched.has(id))];
}
