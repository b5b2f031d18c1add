import { abi } from "../../../core/abis";
import { laneBetween, laneKey, sameSet } from "../../../core/mesh/limit";
import { peersOf } from "../../../core/mesh/mesh";
import type { Mesh, MeshChain } from "../../../core/mesh/mesh";
import type { ChainState } from "../../state";
import type { Step } from "../../step";
import { TO_DO, call, change, verifiersText } from "../../stepBuilders";
import { isOpen, openingId } from "../registry";
import { INBOUND, OUTBOUND } from "./contract";
import type { LanePermissions } from "./contract";
import { laneDriftIds } from "./drift";
import { poolInUse } from "./inUse";
import { remoteId } from "./wiring";

type Verifiers = LanePermissions["verifiers"];

/**
 * Returns the steps that copy the verifiers of the pool in use to the pool that replaces it, so that no message
 * passes with fewer.
 */
export function takeoverSteps(mesh: Mesh, chain: MeshChain, now: ChainState): Step[] {
  if (now.pool.generation !== 2) return [];
  return peersOf(mesh, chain).flatMap((peer) => {
    const used = verifiersInUse(mesh, chain, now, peer);
    if (!used) return [];
    const own = ownVerifiers(now, peer);
    return (["to", "from"] as const).flatMap((way): Step[] => {
      const direction = way === "to" ? "outbound" : "inbound";
      if (sameSet(own[direction], used[direction])) return [];
      return [
        {
          id: `${chain.name}/pool/verifiers in use ${way} ${peer.name}`,
          chain: chain.name,
          title: `give the new pool the verifiers ${way} ${peer.name} of the one in use`,
          after: [remoteId(chain, peer)],
          ...setting(chain, now, peer, direction, own[direction], used[direction]),
        },
      ];
    });
  });
}

/** Returns the steps that set the verifiers of every lane of a generation 2 pool. */
export function verifierSteps(
  mesh: Mesh,
  chain: MeshChain,
  now: ChainState,
  states: ReadonlyMap<string, ChainState>,
): Step[] {
  if (now.pool.generation !== 2) return [];
  return peersOf(mesh, chain)
    .filter(({ selector }) => now.pool.remotes.has(selector))
    .flatMap((peer) => laneSteps(mesh, chain, peer, now, states));
}

/**
 * Returns the steps that set the verifiers of both directions at this end. A message carries the results that its
 * source requests, so a new verifier is requested at the source before the destination requires it, and messages
 * without its result have to arrive before; a removed one is dropped at the destination first.
 */
function laneSteps(
  mesh: Mesh,
  chain: MeshChain,
  peer: MeshChain,
  now: ChainState,
  states: ReadonlyMap<string, ChainState>,
): Step[] {
  const declared = (from: MeshChain, to: MeshChain) =>
    mesh.config.lanes.verifiers?.[laneKey(laneBetween(from, to))];
  const used = verifiersInUse(mesh, chain, now, peer);
  const here = used ?? ownVerifiers(now, peer);
  const there = states.get(peer.name);
  const atPeer = there && (verifiersInUse(mesh, peer, there, chain) ?? ownVerifiers(there, chain));
  const isNewThere = there?.pool.generation === 2;
  const wantedOut = declared(chain, peer)?.source ?? [];
  const wantedIn = declared(peer, chain)?.destination ?? [];
  const both = union(here.outbound, wantedOut);
  const adds = !sameSet(both, here.outbound);
  const addsThere =
    isNewThere &&
    atPeer !== undefined &&
    (declared(peer, chain)?.source ?? []).some((one) => !atPeer.outbound.includes(one));
  const isSettledThere =
    !isNewThere || sameSet(atPeer?.inbound ?? [], declared(chain, peer)?.destination ?? []);
  const requires = wantedIn.some((one) => !here.inbound.includes(one));
  const id = (name: string, at = chain, to = peer) => `${at.name}/pool/${name} ${to.name}`;
  // Until the pool is in use it keeps the verifiers of its predecessor.
  const inUse = used ? [openingId(chain)] : [];
  const steps: Step[] = [];
  if (adds) {
    steps.push({
      id: id("verifiers to"),
      chain: chain.name,
      title: `request more verifiers for messages to ${peer.name}`,
      after: [...inUse, ...laneDriftIds(chain, now, peer, there)],
      ...setting(chain, now, peer, "outbound", here.outbound, both),
    });
  }
  if (!sameSet(here.inbound, wantedIn)) {
    steps.push({
      id: id("verifiers from"),
      chain: chain.name,
      title: `set the verifiers that messages from ${peer.name} require`,
      after: [
        ...inUse,
        ...(addsThere ? [id("verifiers to", peer, chain)] : []),
        // A generation 1 pool requests none, and may still be in use there.
        ...(requires && there
          ? [
              ...laneDriftIds(peer, there, chain, now),
              ...(poolInUse(mesh, peer, there) ? [openingId(peer)] : []),
            ]
          : []),
      ],
      ...setting(chain, now, peer, "inbound", here.inbound, wantedIn),
      ...(requires && { rejects: { ...laneBetween(peer, chain), drains: true } }),
    });
  }
  if (!sameSet(both, wantedOut)) {
    steps.push({
      id: id("former verifiers to"),
      chain: chain.name,
      title: `request fewer verifiers for messages to ${peer.name}`,
      after: [
        ...inUse,
        ...(adds ? [id("verifiers to")] : []),
        ...(isSettledThere ? [] : [id("verifiers from", peer, chain)]),
      ],
      ...setting(chain, now, peer, "outbound", both, wantedOut),
    });
  }
  return steps;
}

/** Returns whether no pool of a chain was used yet: its lanes then open with the declared verifiers. */
export function isFresh(mesh: Mesh, chain: MeshChain, now: ChainState): boolean {
  return !isOpen(chain, now) && poolInUse(mesh, chain, now) === undefined;
}

/** Returns the verifiers of a lane at the pool in use, while the newest pool of a chain is not in use. */
function verifiersInUse(
  mesh: Mesh,
  chain: MeshChain,
  now: ChainState,
  peer: MeshChain,
): Verifiers | undefined {
  if (isOpen(chain, now)) return undefined;
  return poolInUse(mesh, chain, now)?.inUse.remotes.get(peer.selector)?.permissions?.verifiers;
}

function ownVerifiers(now: ChainState, peer: MeshChain): Verifiers {
  const none = { outbound: [], inbound: [] };
  return now.pool.remotes.get(peer.selector)?.permissions?.verifiers ?? none;
}

/** Returns the part of a step that sets the verifiers of one direction. */
function setting(
  { contracts }: MeshChain,
  { pool }: ChainState,
  { selector }: MeshChain,
  direction: keyof Verifiers,
  before: readonly string[],
  after: readonly string[],
): Pick<Step, "changes" | "status" | "call"> {
  const args: [bigint, number, string[]] = [
    selector,
    direction === "outbound" ? OUTBOUND : INBOUND,
    [...after],
  ];
  const data = abi.pool.encodeFunctionData("setVerifiers", args);
  return {
    changes: [change("verifiers", verifiersText(before), verifiersText(after))],
    status: TO_DO,
    call: call(pool.owner, "owner of the pool", contracts.pool, data),
  };
}

function union(some: readonly string[], more: readonly string[]): string[] {
  return [...some, ...more.filter((one) => !some.includes(one))];
}
