import { INBOUND, OUTBOUND } from "../components/pool";
import type { LanePermissions } from "../components/pool";
import { abi } from "../../core/abis";
import { laneDriftIds } from "../drift";
import { laneKey } from "../../core/mesh/limit";
import { peersOf } from "../../core/mesh/mesh";
import type { Mesh, MeshChain } from "../../core/mesh/mesh";
import type { ChainState } from "../state";
import type { Step } from "../step";

import { TO_DO, call, change } from "./stepBuilders";
import { poolInUse } from "./lanes";
import { isOpen, openingId } from "./registry";

type Verifiers = LanePermissions["verifiers"];

/**
 * The steps by which a pool that is not in use yet asks and requires the verifiers that the one in use does, so
 * that no message passes with less; none when it does already.
 */
export function takeoverSteps(mesh: Mesh, chain: MeshChain, now: ChainState): Step[] {
  if (now.pool.generation !== 2) return [];
  return peersOf(mesh, chain).flatMap((peer) => {
    const used = verifiersInUse(mesh, chain, now, peer);
    const own = ownVerifiers(now, peer);
    if (!used) return [];
    return (
      [
        ["to", OUTBOUND, own.outbound, used.outbound],
        ["from", INBOUND, own.inbound, used.inbound],
      ] as const
    ).flatMap(([way, direction, before, after]): Step[] =>
      sameSet(before, after)
        ? []
        : [
            {
              id: `${chain.name}/pool/verifiers in use ${way} ${peer.name}`,
              chain: chain.name,
              title: `give the new pool the verifiers ${way} ${peer.name} of the one in use`,
              changes: [change("verifiers", listOf(before), listOf(after))],
              status: TO_DO,
              after: [`${chain.name}/pool/remote ${peer.name}`],
              call: setVerifiers(chain, now, peer, direction, after),
            },
          ],
    );
  });
}

/** The steps by which the verifiers of every lane of a pool of generation 2 become those that are declared. */
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
 * Sets the verifiers of both directions at this end. A message carries the results of those that its source
 * asked for, so a new one is asked for at the source before the destination requires it, and what left without
 * its result has to arrive before; one that goes is no longer required at the destination first.
 */
function laneSteps(
  mesh: Mesh,
  chain: MeshChain,
  peer: MeshChain,
  now: ChainState,
  states: ReadonlyMap<string, ChainState>,
): Step[] {
  const declared = (from: MeshChain, to: MeshChain) =>
    mesh.config.lanes.verifiers?.[laneKey(lane(from, to))];
  const used = verifiersInUse(mesh, chain, now, peer);
  const here = used ?? ownVerifiers(now, peer);
  const there = states.get(peer.name);
  const atPeer = there && (verifiersInUse(mesh, peer, there, chain) ?? ownVerifiers(there, chain));
  const wantedOut = declared(chain, peer)?.source ?? [];
  const wantedIn = declared(peer, chain)?.destination ?? [];
  const both = union(here.outbound, wantedOut);
  const settledThere = sameSet(atPeer?.inbound ?? [], declared(chain, peer)?.destination ?? []);
  const adds = !sameSet(both, here.outbound);
  const drops = !sameSet(both, wantedOut);
  const id = (name: string, at = chain, to = peer) => `${at.name}/pool/${name} ${to.name}`;
  const asksThere =
    there?.pool.generation === 2 &&
    atPeer !== undefined &&
    !sameSet(union(atPeer.outbound, declared(peer, chain)?.source ?? []), atPeer.outbound);
  const requires = wantedIn.some((one) => !here.inbound.includes(one));
  // What is set before the pool is in use is what the one before it has.
  const inUse = used ? [openingId(chain)] : [];
  const steps: Step[] = [];
  if (adds) {
    steps.push({
      id: id("verifiers to"),
      chain: chain.name,
      title: `ask more verifiers for results on what leaves for ${peer.name}`,
      changes: [change("verifiers", listOf(here.outbound), listOf(both))],
      status: TO_DO,
      after: [...inUse, ...laneDriftIds(chain, now, peer, there)],
      call: setVerifiers(chain, now, peer, OUTBOUND, both),
    });
  }
  if (!sameSet(here.inbound, wantedIn)) {
    steps.push({
      id: id("verifiers from"),
      chain: chain.name,
      title: `set the verifiers whose results arrivals from ${peer.name} need`,
      changes: [change("verifiers", listOf(here.inbound), listOf(wantedIn))],
      status: TO_DO,
      after: [
        ...inUse,
        ...(asksThere ? [id("verifiers to", peer, chain)] : []),
        // A pool of generation 1 asks nobody, and it may be in use there still.
        ...(requires && there
          ? [
              ...laneDriftIds(peer, there, chain, now),
              ...(poolInUse(mesh, peer, there) ? [openingId(peer)] : []),
            ]
          : []),
      ],
      call: setVerifiers(chain, now, peer, INBOUND, wantedIn),
      ...(requires && { rejects: { ...lane(peer, chain), drains: true } }),
    });
  }
  if (drops) {
    steps.push({
      id: id("former verifiers to"),
      chain: chain.name,
      title: `ask fewer verifiers for results on what leaves for ${peer.name}`,
      changes: [change("verifiers", listOf(both), listOf(wantedOut))],
      status: TO_DO,
      after: [
        ...inUse,
        ...(adds ? [id("verifiers to")] : []),
        ...(settledThere || there?.pool.generation !== 2
          ? []
          : [id("verifiers from", peer, chain)]),
      ],
      call: setVerifiers(chain, now, peer, OUTBOUND, wantedOut),
    });
  }
  return steps;
}

/** Whether nothing passes through any pool of a chain yet: its lanes open with the verifiers that are declared. */
export function isFresh(mesh: Mesh, chain: MeshChain, now: ChainState): boolean {
  return !isOpen(chain, now) && poolInUse(mesh, chain, now) === undefined;
}

/** The verifiers of a lane at the pool in use, while the newest one of a chain is not in use yet. */
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

function setVerifiers(
  chain: MeshChain,
  { pool }: ChainState,
  peer: MeshChain,
  direction: number,
  verifiers: readonly string[],
) {
  return call(
    pool.owner,
    "owner of the pool",
    chain.contracts.pool,
    abi.pool.encodeFunctionData("setVerifiers", [peer.selector, direction, [...verifiers]]),
  );
}

function listOf(verifiers: readonly string[]): string {
  return verifiers.join(", ") || "none";
}

function union(some: readonly string[], more: readonly string[]): string[] {
  return [...some, ...more.filter((one) => !some.includes(one))];
}

function sameSet(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((one) => others.includes(one));
}

function lane(source: MeshChain, destination: MeshChain) {
  return { source: source.name, destination: destination.name };
}
