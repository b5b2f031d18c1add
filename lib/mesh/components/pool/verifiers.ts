import { abi } from "../../../core/abis";
import { laneKey, sameSet } from "../../../core/mesh/limit";
import { lanesOf, otherEnd } from "../../planned";
import type { PlannedChain, PlannedLane } from "../../planned";
import type { Step } from "../../step";
import { change, stepOn, verifiersText } from "../../stepBuilders";
import { isOpen, openingId } from "../registry";
import { INBOUND, OUTBOUND } from "./contract";
import type { LanePermissions } from "./contract";
import { poolInUse } from "./inUse";
import { byOwner, laneDriftIds, remoteId } from "./wiring";

type Verifiers = LanePermissions["verifiers"];

const NONE: Verifiers = { outbound: [], inbound: [] };

/** Returns the steps that give a new pool the verifiers of the one in use: no message passes with fewer. */
export function takeoverSteps(at: PlannedChain): Step[] {
  if (at.now.pool.generation !== 2) return [];
  return lanesOf(at).flatMap((lane) => {
    const { chain, peer, remote } = lane;
    const used = verifiersInUse(lane);
    if (!used) return [];
    const own = remote?.permissions?.verifiers ?? NONE;
    return (["outbound", "inbound"] as const)
      .filter((direction) => !sameSet(own[direction], used[direction]))
      .map((direction) => {
        const way = direction === "outbound" ? "to" : "from";
        return stepOn(chain, `pool/verifiers in use ${way} ${peer.name}`, {
          title: `give the new pool the verifiers ${way} ${peer.name} of the one in use`,
          after: [remoteId(chain, peer)],
          ...setting(lane, direction, own[direction], used[direction]),
        });
      });
  });
}

/** Returns the steps that set the verifiers of every lane of a generation 2 pool. */
export function verifierSteps(at: PlannedChain): Step[] {
  return at.now.pool.generation === 2 ? lanesOf(at).flatMap(laneSteps) : [];
}

/**
 * Returns the steps that set the verifiers of both directions at this end. A message carries the results that its
 * source requests, so a new verifier is requested at the source before the destination requires it, and messages
 * without its result have to arrive before; a removed one is dropped at the destination first.
 */
function laneSteps(lane: PlannedLane): Step[] {
  const { chain, peer, remote, back } = lane;
  if (!remote) return [];
  const here = verifiersAt(lane);
  const wanted = declaredVerifiers(lane);
  const both = [...new Set([...here.outbound, ...wanted.outbound])];
  const adds = !sameSet(both, here.outbound);
  const requires = exceeds(wanted.inbound, here.inbound);
  const other = otherEnd(lane);
  // A generation 1 pool requests and requires none.
  const peerEnd = other?.now.pool.generation === 2 ? other : undefined;
  const peerAdds =
    peerEnd && exceeds(declaredVerifiers(peerEnd).outbound, verifiersAt(peerEnd).outbound);
  const isSettledThere =
    !peerEnd || sameSet(verifiersAt(peerEnd).inbound, declaredVerifiers(peerEnd).inbound);
  // Until the pool is in use it keeps the verifiers of its predecessor.
  const inUse = verifiersInUse(lane) ? [openingId(chain)] : [];
  const steps: Step[] = [];
  if (adds) {
    steps.push(
      stepOn(chain, `pool/verifiers to ${peer.name}`, {
        title: `request more verifiers for messages to ${peer.name}`,
        after: [...inUse, ...laneDriftIds(lane)],
        ...setting(lane, "outbound", here.outbound, both),
      }),
    );
  }
  if (!sameSet(here.inbound, wanted.inbound)) {
    steps.push(
      stepOn(chain, `pool/verifiers from ${peer.name}`, {
        title: `set the verifiers that messages from ${peer.name} require`,
        after: [
          ...inUse,
          ...(peerAdds ? [`${peer.name}/pool/verifiers to ${chain.name}`] : []),
          ...(requires && other ? laneDriftIds(other) : []),
          // A generation 1 pool may still be in use there.
          ...(requires && other && poolInUse(other) ? [openingId(peer)] : []),
        ],
        ...setting(lane, "inbound", here.inbound, wanted.inbound),
        ...(requires && { rejects: { ...back, drains: true } }),
      }),
    );
  }
  if (!sameSet(both, wanted.outbound)) {
    steps.push(
      stepOn(chain, `pool/former verifiers to ${peer.name}`, {
        title: `request fewer verifiers for messages to ${peer.name}`,
        after: [
          ...inUse,
          ...(adds ? [`${chain.name}/pool/verifiers to ${peer.name}`] : []),
          ...(isSettledThere ? [] : [`${peer.name}/pool/verifiers from ${chain.name}`]),
        ],
        ...setting(lane, "outbound", both, wanted.outbound),
      }),
    );
  }
  return steps;
}

/** Returns whether no pool of a chain was used yet: its lanes then open with the declared verifiers. */
export function isFresh(at: PlannedChain): boolean {
  return !isOpen(at.chain, at.now) && poolInUse(at) === undefined;
}

/** Returns the verifiers of a lane at the pool in use, while the newest pool of a chain is not in use. */
function verifiersInUse(lane: PlannedLane): Verifiers | undefined {
  if (isOpen(lane.chain, lane.now)) return undefined;
  return poolInUse(lane)?.inUse.remotes.get(lane.peer.selector)?.permissions?.verifiers;
}

/** Returns the verifiers of the pool in use. */
function verifiersAt(lane: PlannedLane): Verifiers {
  return verifiersInUse(lane) ?? lane.remote?.permissions?.verifiers ?? NONE;
}

function declaredVerifiers({ mesh: { config }, out, back }: PlannedLane): Verifiers {
  return {
    outbound: config.lanes.verifiers?.[laneKey(out)]?.source ?? [],
    inbound: config.lanes.verifiers?.[laneKey(back)]?.destination ?? [],
  };
}

function exceeds(verifiers: readonly string[], others: readonly string[]): boolean {
  return verifiers.some((verifier) => !others.includes(verifier));
}

/** Returns the part of a step that sets the verifiers of one direction. */
function setting(
  lane: PlannedLane,
  direction: keyof Verifiers,
  before: readonly string[],
  after: readonly string[],
): Pick<Step, "changes" | "call"> {
  const way = direction === "outbound" ? OUTBOUND : INBOUND;
  const args: [bigint, number, string[]] = [lane.peer.selector, way, [...after]];
  return {
    changes: [change("verifiers", verifiersText(before), verifiersText(after))],
    call: byOwner(lane, abi.pool.encodeFunctionData("setVerifiers", args)),
  };
}
