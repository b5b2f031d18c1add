import { inboundLimit, laneBetween, outboundLimit } from "../core/mesh/limit";
import type { LaneNames, RateLimit } from "../core/mesh/limit";
import { peersOf } from "../core/mesh/mesh";
import type { Mesh, MeshChain } from "../core/mesh/mesh";

import type { RemoteState } from "./components/pool/state";
import type { ChainState } from "./state";

/** A chain to plan, as declared and as read, and the states of all chains that were read. */
export interface PlannedChain {
  readonly mesh: Mesh;
  readonly chain: MeshChain;
  readonly now: ChainState;
  /** By network name. */
  readonly states: ReadonlyMap<string, ChainState>;
}

/** A planned chain and one of its peers. */
export interface PlannedLane extends PlannedChain {
  readonly peer: MeshChain;
  /** The state of the peer; undefined while it was not read. */
  readonly there: ChainState | undefined;
  /** The newest pool's settings for the peer; undefined while it does not support it. */
  readonly remote: RemoteState | undefined;
  /** The lane to the peer. */
  readonly out: LaneNames;
  /** The lane from the peer. */
  readonly back: LaneNames;
  /** The limits that the mesh file declares at this end. */
  readonly wanted: { readonly outbound: RateLimit; readonly inbound: RateLimit };
}

/** Returns the lanes of a chain, one for each of its peers. */
export function lanesOf(at: PlannedChain): PlannedLane[] {
  return peersOf(at.mesh, at.chain).map((peer) => laneTo(at, peer));
}

/** Returns a lane as its peer has it; undefined while the peer was not read. */
export function otherEnd({ peer, there, chain, ...lane }: PlannedLane): PlannedLane | undefined {
  return there && laneTo({ ...lane, chain: peer, now: there }, chain);
}

function laneTo(at: PlannedChain, peer: MeshChain): PlannedLane {
  const { mesh, chain, now, states } = at;
  const [out, back] = [laneBetween(chain, peer), laneBetween(peer, chain)];
  return {
    ...at,
    peer,
    there: states.get(peer.name),
    remote: now.pool.remotes.get(peer.selector),
    out,
    back,
    wanted: {
      outbound: outboundLimit(mesh.config, out),
      inbound: inboundLimit(mesh.config, back),
    },
  };
}
