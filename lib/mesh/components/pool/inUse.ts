import { deployerOn } from "../../../core/mesh/mesh";
import type { Mesh, MeshChain } from "../../../core/mesh/mesh";
import type { ChainState } from "../../state";
import { withDependents } from "../../step";
import type { Step } from "../../step";
import { call, change } from "../../stepBuilders";
import { isOpen } from "../registry";
import type { PoolInUse, PreviousPool } from "./previous";

/** A pool that is being replaced and still in use. */
export type UsedPool = PreviousPool & { readonly inUse: PoolInUse };

/** Returns the pool in use while the newest one is not; none if a third party owns it and could reconfigure it. */
export function poolInUse(mesh: Mesh, chain: MeshChain, now: ChainState): UsedPool | undefined {
  const ours = [chain.contracts.timelock, deployerOn(mesh, chain.name), mesh.operator];
  for (const pool of now.previousPools) {
    const { inUse } = pool;
    if (inUse && ours.includes(inUse.owner)) return { ...pool, inUse };
  }
  return undefined;
}

/**
 * Returns whether a chain's lanes are open while those of a peer are not: the peer has no pool in use, or a third party's,
 * which could not receive tokens. No more messages may leave for it then.
 */
export function isAhead(
  mesh: Mesh,
  chain: MeshChain,
  now: ChainState,
  peer: MeshChain,
  there: ChainState | undefined,
): boolean {
  if (!there || !isOpen(chain, now)) return false;
  return !isOpen(peer, there) && poolInUse(mesh, peer, there)?.mayMint !== true;
}

/**
 * Returns the waiting step of a chain with outdated records: another pool was registered after the recorded one,
 * and the plan would revert that replacement. None when the mesh file withdraws that pool, nor for a pool without
 * any of a pool's permissions.
 */
export function outdatedRecordSteps({ config }: Mesh, chain: MeshChain, now: ChainState): Step[] {
  const { name, contracts } = chain;
  const successor = now.previousPools.find(
    ({ address, mayMint, inUse }) =>
      inUse?.supersedes === true &&
      (mayMint || inUse.owner === contracts.timelock) &&
      config.chains?.[name]?.withdrawnPool !== address,
  );
  if (!successor) return [];
  const { address } = successor;
  return [
    {
      id: `${name}/deployments/pool`,
      chain: name,
      title: "bring the deployments folder up to date, by hand",
      changes: [change("pool on record", contracts.pool, address)],
      status: {
        kind: "waiting",
        cause: "drift",
        reason: `manual work: the deployments folder is outdated: ${address} was put in use on ${name} when ${contracts.pool} was there already. Pull, or get deployments/${config.name}/${name}/RebaseTokenPool.json from the operator who replaced it; until then nothing is planned for ${name}, nor for any pool. If you mean to go back to the older pool, say so in the mesh file: chains.${name}.withdrawnPool = "${address}"`,
      },
      after: [],
      call: call(contracts.timelock, "the operator", contracts.token, "0x"),
    },
  ];
}

/** Removes the steps that outdated records would revert: all steps of their chains and of any pool. */
export function withoutReversal(steps: readonly Step[], outdated: readonly Step[]): Step[] {
  if (outdated.length === 0) return [...steps];
  const chains = outdated.map(({ chain }) => chain);
  const touched = steps.filter(
    ({ id, chain }) => chains.includes(chain) || id.startsWith(`${chain}/pool`),
  );
  const removed = withDependents(
    steps,
    touched.map(({ id }) => id),
  );
  return [...outdated, ...steps.filter(({ id }) => !removed.has(id))];
}
