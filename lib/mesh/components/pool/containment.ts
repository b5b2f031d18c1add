import { ZeroAddress } from "ethers";

import { abi } from "../../../core/abis";
import { isClosed, outboundLimit, laneBetween } from "../../../core/mesh/limit";
import { peersOf } from "../../../core/mesh/mesh";
import type { MeshChain } from "../../../core/mesh/mesh";
import { lanesOf, otherEnd } from "../../planned";
import type { PlannedChain, PlannedLane } from "../../planned";
import type { Call, Change, Rejection, Step, StepStatus } from "../../step";
import { DONE, TO_DO, call, change, stepOn } from "../../stepBuilders";
import { adoption, containId, isContained, openLanes, releaseId } from "./contained";
import { byOwner, remoteId } from "./wiring";

/** Returns the steps that bound what may come home from satellites by what went there, and end that. */
export function containmentSteps(at: PlannedChain): Step[] {
  const { chain, now } = at;
  const { containments } = now.pool;
  if (chain.role !== "home" || !containments) return [];
  const adopted = adoption(at)?.selectors ?? [];
  const steps = adopted.length > 0 && !adoptionCall(at) ? [adoptStep(at)] : [];
  return lanesOf(at).reduce<Step[]>((all, lane) => [...all, ...laneSteps(lane, adopted)], steps);
}

function laneSteps(lane: PlannedLane, adopted: readonly bigint[]): Step[] {
  const { mesh, chain, now, peer } = lane;
  const counted = now.pool.containments?.get(peer.selector);
  if (isContained(mesh, peer)) {
    return adopted.includes(peer.selector)
      ? []
      : [containStep(lane, counted?.isContained === true)];
  }
  if (!counted?.isContained) return [];
  const data = abi.containedPool.encodeFunctionData("release", [peer.selector]);
  return [
    stepOn(chain, own(chain, releaseId(mesh, peer)), {
      title: `let more come home from ${peer.name} than went there: it is connected with other satellites`,
      changes: [change("counted", "yes", "no")],
      call: byOwner(lane, data),
    }),
  ];
}

function containStep(lane: PlannedLane, isDone: boolean): Step {
  const { mesh, chain, peer, there } = lane;
  const rejects = arriving(lane);
  const outstanding = there?.token.totalShares ?? 0n;
  const data = abi.containedPool.encodeFunctionData("contain", [peer.selector, outstanding]);
  return stepOn(chain, own(chain, containId(mesh, peer)), {
    title: `let no more come home from ${peer.name} than went there`,
    changes: [change("may come home", "anything", `${outstanding} shares`)],
    status: isDone ? DONE : containStatus(lane),
    after: [remoteId(chain, peer)],
    call: byOwner(lane, data),
    ...(rejects && { rejects }),
  });
}

/**
 * Returns whether a lane can be contained: the shares of the satellite are what may come home while no tokens can leave
 * over any of its lanes, and none are on their way: see {@link arriving}.
 */
function containStatus(lane: PlannedLane): StepStatus {
  const { mesh, peer } = lane;
  const satellite = otherEnd(lane);
  if (!satellite) return { kind: "waiting", reason: `the state of ${peer.name}` };
  const open = openLanes(satellite);
  if (open.length > 0) {
    const isDeclared = [laneBetween(lane.chain, peer), laneBetween(peer, lane.chain)].some(
      (one) => !isClosed(outboundLimit(mesh.config, one)),
    );
    const lanes = open.join(", ");
    return isDeclared
      ? {
          kind: "waiting",
          cause: "drift",
          reason: `manual work: what moves meanwhile would be miscounted. Close ${lanes} in lanes.pairs of the mesh file, apply it, and open them again once this is done`,
        }
      : { kind: "waiting", reason: `the lanes ${lanes} to be closed` };
  }
  return TO_DO;
}

/** Returns the messages that would be miscounted, until which the step waits: on their way to the satellite, or home from it. */
function arriving(lane: PlannedLane): Rejection | undefined {
  const { mesh, peer, there } = lane;
  // Nothing was ever sent to a satellite without a pool.
  if (there?.registry.pool === ZeroAddress && there.token.totalShares === 0n) return undefined;
  const others = peersOf(mesh, peer).map((source) => laneBetween(source, peer));
  return { ...lane.back, others, drains: true };
}

/**
 * Returns the call by which the newest pool takes over the counts of the pool in use, for the operation of the timelock
 * that names it in the registry: until then the pool in use counts on. None while the timelock does not administer both.
 */
export function adoptionCall(
  at: PlannedChain,
): { readonly call: Call; readonly change: Change } | undefined {
  const { timelock, pool } = at.chain.contracts;
  const adopted = adoption(at);
  if (!adopted || at.now.registry.administrator !== timelock) return undefined;
  return {
    // A new pool is handed over before it is named in the registry.
    call: call(timelock, "owner of the pool", pool, adoptData(adopted)),
    change: change(...countsChange(at, adopted.from)),
  };
}

/** Returns the step that takes the counts over just before the registry names the pool, while no timelock can do both. */
function adoptStep(at: PlannedChain): Step {
  const adopted = adoption(at) ?? { from: ZeroAddress, selectors: [] };
  return stepOn(at.chain, "pool/adopt", {
    title: `take over the counts of contained lanes from ${adopted.from}`,
    changes: [change(...countsChange(at, adopted.from))],
    after: lanesOf(at).map(({ peer }) => remoteId(at.chain, peer)),
    call: byOwner(at, adoptData(adopted)),
  });
}

function countsChange({ chain }: PlannedChain, from: string): [string, string, string] {
  return ["counts of contained lanes", `in ${from}`, `in ${chain.contracts.pool}`];
}

function adoptData({
  from,
  selectors,
}: {
  readonly from: string;
  readonly selectors: readonly bigint[];
}) {
  return abi.containedPool.encodeFunctionData("adopt", [from, [...selectors]]);
}

/** Returns the part of a step's id after the network name. */
function own({ name }: Pick<MeshChain, "name">, id: string): string {
  return id.slice(name.length + 1);
}
