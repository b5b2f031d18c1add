import { ZeroAddress } from "ethers";

import { isClosed } from "../../../core/mesh/limit";
import type { Mesh, MeshChain } from "../../../core/mesh/mesh";
import { lanesOf, otherEnd } from "../../planned";
import type { PlannedChain, PlannedLane } from "../../planned";
import { isOpen } from "../registry";
import { poolInUse } from "./inUse";

/** Returns whether the mesh file bounds what may come home from a satellite by what went there. */
export function isContained({ config }: Mesh, { name }: Pick<MeshChain, "name">): boolean {
  return config.lanes.contained?.includes(name) ?? false;
}

/** Returns the pool in use at home whose counts the newest pool takes over, and the selectors of its contained lanes. */
export function adoption(
  at: PlannedChain,
): { readonly from: string; readonly selectors: readonly bigint[] } | undefined {
  const used = at.chain.role === "home" ? poolInUse(at) : undefined;
  if (!used || !at.now.pool.containments) return undefined;
  const selectors = lanesOf(at)
    .filter(({ mesh, peer, now }) => {
      const isCounted = used.inUse.containments?.get(peer.selector)?.isContained === true;
      const isHere = now.pool.containments?.get(peer.selector)?.isContained === true;
      return isCounted && !isHere && isContained(mesh, peer);
    })
    .map(({ peer }) => peer.selector);
  return selectors.length > 0 ? { from: used.address, selectors } : undefined;
}

/** Returns the state of home as it is planned; undefined while it was not read. */
function homeOf({ mesh, states }: PlannedChain): PlannedChain | undefined {
  const now = states.get(mesh.home.name);
  return now && { mesh, chain: mesh.home, now, states };
}

/** Returns the ids of the steps that contain a lane of home before it opens. */
export function containIds(lane: PlannedLane): string[] {
  const { mesh, chain, peer, wanted } = lane;
  const satellite = chain.role === "home" ? peer : chain;
  const isOfHome = chain.role === "home" || peer.role === "home";
  const home = homeOf(lane);
  if (!isOfHome || isClosed(wanted.outbound) || !isContained(mesh, satellite)) return [];
  const counted = home?.now.pool.containments?.get(satellite.selector);
  const isAdopted = home && adoption(home)?.selectors.includes(satellite.selector);
  return counted?.isContained === false && !isAdopted ? [containId(mesh, satellite)] : [];
}

/** Returns the ids of the steps that end the containment of satellites before they are connected with each other. */
export function releaseIds(lane: PlannedLane): string[] {
  const { mesh, chain, peer, wanted } = lane;
  if (chain.role === "home" || peer.role === "home" || isClosed(wanted.outbound)) return [];
  const containments = homeOf(lane)?.now.pool.containments;
  return [chain, peer]
    .filter((end) => containments?.get(end.selector)?.isContained && !isContained(mesh, end))
    .map((end) => releaseId(mesh, end));
}

export function containId({ home }: Mesh, { name }: Pick<MeshChain, "name">): string {
  return `${home.name}/pool/contain ${name}`;
}

export function releaseId({ home }: Mesh, { name }: Pick<MeshChain, "name">): string {
  return `${home.name}/pool/release ${name}`;
}

/** Returns the lanes from and to a satellite, as their sources have them; undefined for one that was not read. */
function lanesTouching(at: PlannedChain): (PlannedLane | undefined)[] {
  return lanesOf(at).flatMap((lane) => [lane, otherEnd(lane)]);
}

/** Returns the lanes from and to a satellite on which tokens may leave. */
export function openLanes(at: PlannedChain): string[] {
  return lanesTouching(at).flatMap((lane, i) => {
    if (!lane) return [`a lane of ${at.chain.name} that was not read (${i})`];
    const { chain, peer, now } = lane;
    if (now.registry.pool === ZeroAddress) return [];
    const remotes = isOpen(chain, now) ? now.pool.remotes : poolInUse(lane)?.inUse.remotes;
    const remote = remotes?.get(peer.selector);
    const isShut = remotes !== undefined && (remote === undefined || isClosed(remote.outbound));
    return isShut ? [] : [`${chain.name} -> ${peer.name}`];
  });
}
