import { toBeHex } from "ethers";

import { abi } from "../../../core/abis";
import { UNLIMITED, fastLimits, isTighter, sameLimit } from "../../../core/mesh/limit";
import type { RateLimit } from "../../../core/mesh/limit";
import type { Mesh, MeshChain } from "../../../core/mesh/mesh";
import { lanesOf, otherEnd } from "../../planned";
import type { PlannedChain, PlannedLane } from "../../planned";
import type { Step } from "../../step";
import { change, fastLimitText, stepOn } from "../../stepBuilders";
import { openingId } from "../registry";
import { FULL_FINALITY, encodeLimits } from "./contract";
import { byOwner, laneDriftIds } from "./wiring";

/**
 * Returns the steps for transfers with less than full finality: the finality that a pool allows, and separate
 * limits. They are enabled at the destination before the source, and disabled in the reverse order.
 */
export function fastTransferSteps(at: PlannedChain): Step[] {
  const { mesh, chain, now } = at;
  const { generation, allowedFinality } = now.pool;
  if (generation !== 2) return [];
  const lanes = lanesOf(at).flatMap(laneSteps);
  const wanted = finalityOf(mesh, chain);
  if (allowedFinality === wanted) return lanes;
  const finality = stepOn(chain, "pool/finality", {
    title:
      wanted === FULL_FINALITY
        ? "let transfers through the pool wait for full finality"
        : "let the pool take transfers that wait for less than full finality, on lanes that have a limit for them",
    changes: [change("allowed finality", allowedFinality, wanted)],
    // A pool also rejects arrivals with a finality that it no longer allows, so the lanes are closed and drained
    // before.
    after: lanes.map(({ id }) => id).filter((id) => id.includes("/close fast ")),
    call: byOwner(at, abi.pool.encodeFunctionData("setAllowedFinalityConfig", [wanted])),
  });
  return [...lanes, finality];
}

/** Returns the finality that all lanes of a pool declare, as CCIP encodes it: the `safe` tag, or a number of blocks. */
function finalityOf({ config }: Mesh, { name }: MeshChain): string {
  const lanes = Object.entries(config.lanes.fast ?? {});
  const finality = lanes.find(([key]) => key.split(" -> ").includes(name))?.[1].finality;
  if (finality === undefined) return FULL_FINALITY;
  return finality === "safe" ? "0x00010000" : toBeHex(finality, 4);
}

/**
 * Compares the limits of fast transfers. They stay disabled while a pool at either end allows another finality than
 * declared: messages with that finality have to arrive before it is rejected.
 */
function fastEnd({ mesh, chain, peer, states, remote, out, back }: PlannedLane) {
  const isChanging = [chain, peer].some((end) => {
    const allowed = states.get(end.name)?.pool.allowedFinality ?? FULL_FINALITY;
    const wanted = finalityOf(mesh, end);
    return allowed !== FULL_FINALITY && wanted !== FULL_FINALITY && allowed !== wanted;
  });
  return {
    outbound: remote?.permissions?.fast.outbound ?? UNLIMITED,
    inbound: remote?.permissions?.fast.inbound ?? UNLIMITED,
    leaving: isChanging ? UNLIMITED : fastLimits(mesh.config, out).outbound,
    arriving: isChanging ? UNLIMITED : fastLimits(mesh.config, back).inbound,
    room: `pool/fast room for ${peer.name}`,
    // While the finality changes, another step follows the one that limits departures.
    limits: `pool/${isChanging ? "pause fast to" : "fast limits"} ${peer.name}`,
  };
}

function laneSteps(lane: PlannedLane): Step[] {
  const { mesh, chain, peer, there, remote, back } = lane;
  if (!remote) return [];
  const { outbound, inbound, leaving, arriving, room, limits } = fastEnd(lane);
  const other = otherEnd(lane);
  const atPeer = other?.now.pool.generation === 2 && other.remote ? fastEnd(other) : undefined;
  const opens = arriving.isEnabled && !sameLimit(inbound, arriving);
  const changes = !sameLimit(outbound, leaving);
  const inboundChange = change("fast inbound", fastLimitText(inbound), fastLimitText(arriving));
  // Opening a lane to fast transfers requires the owner, although the rate limit admin could do it.
  const set = (leaves: RateLimit, arrives: RateLimit) =>
    byOwner(lane, encodeLimits(2, peer.selector, leaves, arrives, true));
  const steps: Step[] = [];
  if (opens) {
    steps.push(
      stepOn(chain, room, {
        title: `let fast transfers arrive from ${peer.name}`,
        changes: [inboundChange],
        call: set(outbound, arriving),
        ...(inbound.isEnabled &&
          isTighter(arriving, inbound) && { rejects: { ...back, fast: true } }),
      }),
    );
  }
  if (changes) {
    const isAllowedThere =
      there?.pool.generation !== 2 || there.pool.allowedFinality === finalityOf(mesh, peer);
    const hasRoomThere = !atPeer || sameLimit(atPeer.inbound, atPeer.arriving);
    // A generation 1 pool accepts fast transfers unchecked: none may leave while one is in use there.
    const enabling = [
      ...(isAllowedThere ? [] : [`${peer.name}/pool/finality`]),
      ...(hasRoomThere ? [] : [`${peer.name}/${atPeer.room}`]),
      ...laneDriftIds(lane),
      openingId(peer),
    ];
    steps.push(
      stepOn(chain, limits, {
        title: `set the limit of fast transfers to ${peer.name}`,
        changes: [change("fast outbound", fastLimitText(outbound), fastLimitText(leaving))],
        after: [
          ...(opens ? [`${chain.name}/${room}`] : []),
          ...(leaving.isEnabled ? enabling : []),
        ],
        call: set(leaving, opens ? arriving : inbound),
      }),
    );
  }
  if (inbound.isEnabled && !arriving.isEnabled) {
    const leavesThere = atPeer && !sameLimit(atPeer.outbound, atPeer.leaving);
    steps.push(
      stepOn(chain, `pool/close fast to ${peer.name}`, {
        title: `let no fast transfers arrive from ${peer.name}`,
        changes: [inboundChange],
        after: [
          ...(changes ? [`${chain.name}/${limits}`] : []),
          ...(leavesThere ? [`${peer.name}/${atPeer.limits}`] : []),
        ],
        call: set(leaving, arriving),
        rejects: { ...back, fast: true, drains: true },
      }),
    );
  }
  return steps;
}
