import { ZeroAddress } from "ethers";

import {
  CLOSED,
  inboundLimit,
  isClosed,
  isTighter,
  laneBetween,
  outboundLimit,
  sameLimit,
} from "../../../core/mesh/limit";
import type { RateLimit } from "../../../core/mesh/limit";
import { peersOf } from "../../../core/mesh/mesh";
import type { Mesh, MeshChain } from "../../../core/mesh/mesh";
import type { ChainState } from "../../state";
import type { Step } from "../../step";
import { TO_DO, call, change, limitText, when } from "../../stepBuilders";
import { openingId } from "../registry";
import { encodeLimits } from "./contract";
import { isAhead } from "./inUse";
import { isWired, remoteId } from "./wiring";

/** The step that makes room for arrivals before anything larger may leave at the other end. */
export function roomStep(mesh: Mesh, chain: MeshChain, peer: MeshChain, now: ChainState): Step {
  const remote = now.pool.remotes.get(peer.selector);
  const wanted = inboundLimit(mesh.config, laneBetween(peer, chain));
  const isTight = remote && isWired(remote, peer) && isTighter(remote.inbound, wanted);
  return {
    id: roomId(chain, peer),
    chain: chain.name,
    title: `let more tokens arrive from ${peer.name}`,
    changes: [change("inbound", limitText(remote?.inbound), limitText(wanted))],
    status: when(!isTight),
    after: [remoteId(chain, peer)],
    call: limitCall(chain, peer, now, remote?.outbound ?? CLOSED, wanted),
  };
}

function roomId(chain: MeshChain, peer: MeshChain): string {
  return `${chain.name}/pool/room for ${peer.name}`;
}

function limitsId(chain: MeshChain, peer: MeshChain): string {
  return `${chain.name}/pool/limits ${peer.name}`;
}

/** The steps that set the limits of the lanes from and to every peer; outbound limits rise after inbound ones. */
export function limitSteps(
  mesh: Mesh,
  chain: MeshChain,
  now: ChainState,
  states: ReadonlyMap<string, ChainState>,
): Step[] {
  return peersOf(mesh, chain).map((peer) => {
    const there = states.get(peer.name);
    const remote = now.pool.remotes.get(peer.selector);
    const outbound = outboundLimit(mesh.config, laneBetween(chain, peer));
    const declared = inboundLimit(mesh.config, laneBetween(peer, chain));
    // The receiving end is closed by a step of its own, which rejects messages in flight.
    const isClosing = remote && isClosed(declared) && !isClosed(remote.inbound);
    const inbound = isClosing ? remote.inbound : declared;
    // The step before has made room by then.
    const arriving = remote && isTighter(remote.inbound, declared) ? declared : remote?.inbound;
    const narrows = remote !== undefined && isTighter(inbound, remote.inbound);
    const isSame =
      !isWired(remote, peer) ||
      (sameLimit(remote?.outbound, outbound) && sameLimit(arriving, inbound));
    return {
      id: limitsId(chain, peer),
      chain: chain.name,
      title: `set the rate limits of the lanes from and to ${peer.name}`,
      changes: [
        change("outbound", limitText(remote?.outbound), limitText(outbound)),
        change("inbound", limitText(arriving), limitText(inbound)),
      ].filter(({ before, after }) => before !== after),
      status: when(isSame),
      after: [
        remoteId(chain, peer),
        roomId(chain, peer),
        // A peer that does not know this chain's pool yet would reject what leaves for it.
        remoteId(peer, chain),
        roomId(peer, chain),
        ...(isAhead(mesh, chain, now, peer, there) ? [openingId(peer)] : []),
        // Less leaves before less may arrive, unless both directions are narrowed.
        ...(narrows && !narrowsArrivals(mesh, peer, chain, there) ? [limitsId(peer, chain)] : []),
      ],
      call: limitCall(chain, peer, now, outbound, inbound),
      // Less room may be too little for messages that were sent when there was more.
      ...(narrows &&
        inbound.isEnabled && {
          rejects: {
            ...laneBetween(peer, chain),
            sharesFrom: (inbound.capacity + 1n) * smallestIndex([now, states.get(mesh.home.name)]),
          },
        }),
    };
  });
}

/** Whether the limits step of a chain lets less arrive from a peer than now. */
function narrowsArrivals(
  mesh: Mesh,
  chain: MeshChain,
  peer: MeshChain,
  now: ChainState | undefined,
): boolean {
  const remote = now?.pool.remotes.get(peer.selector);
  const declared = inboundLimit(mesh.config, laneBetween(peer, chain));
  return remote !== undefined && !isClosed(declared) && isTighter(declared, remote.inbound);
}

/** The step that closes the receiving end of a lane, once the messages in flight have arrived; none if it is not to. */
export function closingSteps(
  mesh: Mesh,
  chain: MeshChain,
  peer: MeshChain,
  now: ChainState,
): Step[] {
  const remote = now.pool.remotes.get(peer.selector);
  const declared = inboundLimit(mesh.config, laneBetween(peer, chain));
  if (!remote || !isClosed(declared) || isClosed(remote.inbound)) return [];
  const outbound = outboundLimit(mesh.config, laneBetween(chain, peer));
  return [
    {
      id: `${chain.name}/pool/close to ${peer.name}`,
      chain: chain.name,
      title: `let no tokens arrive from ${peer.name} any more`,
      changes: [change("inbound", limitText(remote.inbound), limitText(declared))],
      status: TO_DO,
      after: [limitsId(peer, chain), limitsId(chain, peer)],
      call: limitCall(chain, peer, now, outbound, declared),
      // By then nothing more leaves at the other end.
      rejects: { ...laneBetween(peer, chain), drains: true },
    },
  ];
}

/** A call by the rate limit admin, who may change limits without the timelock's delay, or else by the owner. */
function limitCall(
  { contracts }: MeshChain,
  peer: MeshChain,
  { pool }: ChainState,
  outbound: RateLimit,
  inbound: RateLimit,
) {
  const byOwner = pool.owner !== contracts.timelock || pool.rateLimitAdmin === ZeroAddress;
  return call(
    byOwner ? pool.owner : pool.rateLimitAdmin,
    byOwner ? "owner of the pool" : "rate limit admin of the pool",
    contracts.pool,
    encodeLimits(pool.generation, peer.selector, outbound, inbound),
  );
}

/** The smallest index that counts, or will count, on any of these chains: the least shares of a token unit. */
function smallestIndex(states: readonly (ChainState | undefined)[]): bigint {
  const indexes = states
    .flatMap((state) => (state ? [state.token.index.current, state.token.index.next] : []))
    .filter((index) => index > 0n);
  return indexes.reduce((a, b) => (a < b ? a : b), indexes[0] ?? 0n);
}
