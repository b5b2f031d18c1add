import { ZeroAddress } from "ethers";

import { CLOSED, isClosed, isTighter, sameLimit } from "../../../core/mesh/limit";
import type { RateLimit } from "../../../core/mesh/limit";
import { lanesOf, otherEnd } from "../../planned";
import type { PlannedChain, PlannedLane } from "../../planned";
import type { Call, Step } from "../../step";
import { call, change, limitText, stepOn, when } from "../../stepBuilders";
import { openingId } from "../registry";
import { containIds, releaseIds } from "./contained";
import { encodeLimits } from "./contract";
import { isAhead } from "./inUse";
import { isWired, remoteId } from "./wiring";

/** Returns the step that raises the inbound limit before the outbound limit at the other end. */
export function roomStep(lane: PlannedLane): Step {
  const { chain, peer, remote, wanted } = lane;
  const isTight = isWired(remote, peer) && remote && isTighter(remote.inbound, wanted.inbound);
  return stepOn(chain, `pool/room for ${peer.name}`, {
    title: `let more tokens arrive from ${peer.name}`,
    changes: [change("inbound", limitText(remote?.inbound), limitText(wanted.inbound))],
    status: when(!isTight),
    after: [remoteId(chain, peer)],
    call: limitCall(lane, remote?.outbound ?? CLOSED, wanted.inbound),
  });
}

/** Returns the steps that set the limits of the lanes from and to every peer: outbound ones rise after inbound ones. */
export function limitSteps(at: PlannedChain): Step[] {
  return lanesOf(at).map((lane) => {
    const { chain, peer, remote, wanted } = lane;
    // The receiving end is closed by a separate step, which rejects messages in flight.
    const inbound = remote && isClosed(wanted.inbound) ? remote.inbound : wanted.inbound;
    // The previous step has raised the limit by then.
    const arriving =
      remote && isTighter(remote.inbound, wanted.inbound) ? wanted.inbound : remote?.inbound;
    const other = otherEnd(lane);
    const isSame =
      !isWired(remote, peer) ||
      (sameLimit(remote?.outbound, wanted.outbound) && sameLimit(arriving, inbound));
    return stepOn(chain, `pool/limits ${peer.name}`, {
      title: `set the rate limits of the lanes from and to ${peer.name}`,
      changes: [
        change("outbound", limitText(remote?.outbound), limitText(wanted.outbound)),
        change("inbound", limitText(arriving), limitText(inbound)),
      ],
      status: when(isSame),
      after: [
        remoteId(chain, peer),
        `${chain.name}/pool/room for ${peer.name}`,
        // A peer that does not accept this chain's pool yet would reject its messages.
        remoteId(peer, chain),
        `${peer.name}/pool/room for ${chain.name}`,
        ...(isAhead(lane) ? [openingId(peer)] : []),
        ...containIds(lane),
        ...releaseIds(lane),
        // Outbound limits are lowered before inbound ones, unless both directions are lowered.
        ...(narrows(lane) && !(other && narrows(other))
          ? [`${peer.name}/pool/limits ${chain.name}`]
          : []),
      ],
      call: limitCall(lane, wanted.outbound, inbound),
      // A lower limit may reject messages that were sent under a higher one.
      ...(narrows(lane) && {
        rejects: { ...lane.back, sharesFrom: (inbound.capacity + 1n) * smallestIndex(lane) },
      }),
    });
  });
}

/** Returns whether the limits step of a lane lowers its inbound limit, without closing it. */
function narrows({ remote, wanted: { inbound } }: PlannedLane): boolean {
  return remote !== undefined && !isClosed(inbound) && isTighter(inbound, remote.inbound);
}

/** Returns the step that closes the receiving end of a lane once the messages in flight have arrived. */
export function closingSteps(lane: PlannedLane): Step[] {
  const { chain, peer, remote, wanted } = lane;
  if (!remote || !isClosed(wanted.inbound) || isClosed(remote.inbound)) return [];
  return [
    stepOn(chain, `pool/close to ${peer.name}`, {
      title: `let no tokens arrive from ${peer.name} any more`,
      changes: [change("inbound", limitText(remote.inbound), limitText(wanted.inbound))],
      after: [`${peer.name}/pool/limits ${chain.name}`, `${chain.name}/pool/limits ${peer.name}`],
      call: limitCall(lane, wanted.outbound, wanted.inbound),
      // By then no more messages leave at the other end.
      rejects: { ...lane.back, drains: true },
    }),
  ];
}

/** Returns a call by the rate limit admin, who needs no timelock delay, or else by the owner. */
function limitCall(lane: PlannedLane, outbound: RateLimit, inbound: RateLimit): Call {
  const { pool } = lane.now;
  const { contracts } = lane.chain;
  const byOwner = pool.owner !== contracts.timelock || pool.rateLimitAdmin === ZeroAddress;
  return call(
    byOwner ? pool.owner : pool.rateLimitAdmin,
    byOwner ? "owner of the pool" : "rate limit admin of the pool",
    contracts.pool,
    encodeLimits(pool.generation, lane.peer.selector, outbound, inbound),
  );
}

/** Returns the smallest current or pending index here and at home: the least shares per token unit. */
function smallestIndex({ mesh, now, states }: PlannedLane): bigint {
  const indexes = [now, states.get(mesh.home.name) ?? now]
    .flatMap(({ token: { index } }) => [index.current, index.next])
    .filter((index) => index > 0n);
  return indexes.reduce((a, b) => (a < b ? a : b), indexes[0] ?? 0n);
}
