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

/** Returns the step that raises the inbound limit before the outbound limit at the other end. */
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

/**
 * Returns the steps that set the limits of the lanes from and to every peer; outbound limits rise after inbound
 * ones.
 */
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
    // The receiving end is closed by a separate step, which rejects messages in flight.
    const isClosing = remote && isClosed(declared) && !isClosed(remote.inbound);
    const inbound = isClosing ? remote.inbound : declared;
    // The previous step has raised the limit by then.
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
        // A peer that does not accept this chain's pool yet would reject its messages.
        remoteId(peer, chain),
        roomId(peer, chain),
        ...(isAhead(mesh, chain, now, peer, there) ? [openingId(peer)] : []),
        // Outbound limits are lowered before inbound ones, unless both directions are lowered.
        ...(narrows && !narrowsArrivals(mesh, peer, chain, there) ? [limitsId(peer, chain)] : []),
      ],
      call: limitCall(chain, peer, now, outbound, inbound),
      // A lower limit may reject messages that were sent under a higher one.
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

/** Returns whether the limits step of a chain lowers the inbound limit for a peer. */
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

/**
 * Returns the step that closes the receiving end of a lane, after the messages in flight have arrived; none if it
 * stays open.
 */
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
      // By then no more messages leave at the other end.
      rejects: { ...laneBetween(peer, chain), drains: true },
    },
  ];
}

/** Returns a call by the rate limit admin, who needs no timelock delay, or else by the owner. */
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

/** Returns the smallest current or pending index of these chains: the least shares per token unit. */
function smallestIndex(states: readonly (ChainState | undefined)[]): bigint {
  const indexes = states
    .flatMap((state) => (state ? [state.token.index.current, state.token.index.next] : []))
    .filter((index) => index > 0n);
  return indexes.reduce((a, b) => (a < b ? a : b), indexes[0] ?? 0n);
}
