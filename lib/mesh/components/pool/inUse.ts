import { deployerOn } from "../../../core/mesh/mesh";
import { otherEnd } from "../../planned";
import type { PlannedChain, PlannedLane } from "../../planned";
import { withDependents } from "../../step";
import type { Step } from "../../step";
import { call, change, stepOn } from "../../stepBuilders";
import { isOpen } from "../registry";
import type { PoolInUse, PreviousPool } from "./previous";

/** A pool that is being replaced and still in use. */
type UsedPool = PreviousPool & { readonly inUse: PoolInUse };

/** Returns the pool in use while the newest one is not; none if a third party owns it and could reconfigure it. */
export function poolInUse({ mesh, chain, now }: PlannedChain): UsedPool | undefined {
  const ours = [chain.contracts.timelock, deployerOn(mesh, chain.name), mesh.operator];
  return now.previousPools.find(
    (pool): pool is UsedPool => pool.inUse !== undefined && ours.includes(pool.inUse.owner),
  );
}

/** Returns whether a chain's lanes are open while a peer has no pool to receive tokens: no more may leave for it. */
export function isAhead(lane: PlannedLane): boolean {
  const other = otherEnd(lane);
  if (!other || !isOpen(lane.chain, lane.now)) return false;
  return !isOpen(other.chain, other.now) && poolInUse(other)?.mayMint !== true;
}

/**
 * Returns the waiting step of a chain whose records name a pool that was replaced already, which the plan would revert;
 * none when the mesh file withdraws the successor, nor for one without any of a pool's permissions.
 */
export function outdatedRecordSteps({ mesh: { config }, chain, now }: PlannedChain): Step[] {
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
    stepOn(chain, "deployments/pool", {
      title: "bring the deployments folder up to date, by hand",
      changes: [change("pool on record", contracts.pool, address)],
      status: {
        kind: "waiting",
        cause: "drift",
        reason: `manual work: the deployments folder is outdated: ${address} was put in use on ${name} when ${contracts.pool} was there already. Pull, or get deployments/${config.name}/${name}/RebaseTokenPool.json from the operator who replaced it; until then nothing is planned for ${name}, nor for any pool. If you mean to go back to the older pool, say so in the mesh file: chains.${name}.withdrawnPool = "${address}"`,
      },
      call: call(contracts.timelock, "the operator", contracts.token, "0x"),
    }),
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
