import { abi } from "../../../core/abis";
import { UNLIMITED, fastLimits, isTighter, laneBetween, sameLimit } from "../../../core/mesh/limit";
import type { RateLimit } from "../../../core/mesh/limit";
import { peersOf } from "../../../core/mesh/mesh";
import type { Mesh, MeshChain } from "../../../core/mesh/mesh";
import type { ChainState } from "../../state";
import type { Call, Step } from "../../step";
import { TO_DO, call, change, fastLimitText } from "../../stepBuilders";
import { openingId } from "../registry";
import { FULL_FINALITY, encodeFinality, encodeLimits } from "./contract";
import { laneDriftIds } from "./drift";

/**
 * Returns the steps for transfers with less than full finality: the finality that a pool allows, and separate
 * limits. They are enabled at the destination before the source, and disabled in the reverse order.
 */
export function fastTransferSteps(
  mesh: Mesh,
  chain: MeshChain,
  now: ChainState,
  states: ReadonlyMap<string, ChainState>,
): Step[] {
  if (now.pool.generation !== 2) return [];
  const fast = peersOf(mesh, chain)
    .filter(({ selector }) => now.pool.remotes.has(selector))
    .flatMap((peer) => laneSteps(mesh, chain, peer, now, states));
  return [...fast, ...finalitySteps(mesh, chain, now, fast)];
}

/** Returns the step that sets the finality that a pool allows: the declared one, or full finality only. */
function finalitySteps(
  mesh: Mesh,
  chain: MeshChain,
  { pool }: ChainState,
  fast: readonly Step[],
): Step[] {
  const wanted = finalityOf(mesh, chain);
  if (pool.allowedFinality === wanted) return [];
  // A pool also rejects arrivals with a finality that it no longer allows, so the lanes are closed and drained
  // before.
  const closing = fast.filter(({ id }) => id.includes("/close fast "));
  return [
    {
      id: finalityId(chain),
      chain: chain.name,
      title:
        wanted === FULL_FINALITY
          ? "let transfers through the pool wait for full finality"
          : "let the pool take transfers that wait for less than full finality, on lanes that have a limit for them",
      changes: [change("allowed finality", pool.allowedFinality, wanted)],
      status: TO_DO,
      after: closing.map(({ id }) => id),
      call: byOwner(
        chain,
        pool.owner,
        abi.pool.encodeFunctionData("setAllowedFinalityConfig", [wanted]),
      ),
    },
  ];
}

function byOwner({ contracts }: MeshChain, owner: string, data: string): Call {
  return call(owner, "owner of the pool", contracts.pool, data);
}

function finalityId({ name }: MeshChain): string {
  return `${name}/pool/finality`;
}

/** Returns the finality that the lanes of a chain's pool declare; the schema requires all to be equal. */
function finalityOf({ config }: Mesh, { name }: MeshChain): string {
  const declared = Object.entries(config.lanes.fast ?? {}).find(([key]) =>
    key.split(" -> ").includes(name),
  );
  return encodeFinality(declared?.[1].finality);
}

/** Both directions between a chain and a peer, at the chain: actual and declared. */
interface FastLane {
  readonly outbound: RateLimit;
  readonly inbound: RateLimit;
  readonly leaving: RateLimit;
  readonly arriving: RateLimit;
  readonly roomId: string;
  /** Id of the step that limits departures; while the finality changes, another step follows it. */
  readonly leavingId: string;
}

/**
 * Compares the limits of fast transfers. They stay disabled while a pool at either end allows another finality than
 * declared: messages with that finality have to arrive before it is rejected.
 */
function fastLane(
  mesh: Mesh,
  chain: MeshChain,
  peer: MeshChain,
  states: ReadonlyMap<string, ChainState>,
): FastLane {
  const isChanging = [chain, peer].some((end) => {
    const allowed = states.get(end.name)?.pool.allowedFinality ?? FULL_FINALITY;
    const wanted = finalityOf(mesh, end);
    return allowed !== FULL_FINALITY && wanted !== FULL_FINALITY && allowed !== wanted;
  });
  const limits = (lane: ReturnType<typeof laneBetween>) =>
    isChanging ? { outbound: UNLIMITED, inbound: UNLIMITED } : fastLimits(mesh.config, lane);
  const remote = states.get(chain.name)?.pool.remotes.get(peer.selector);
  const { outbound, inbound } = remote?.permissions?.fast ?? {
    outbound: UNLIMITED,
    inbound: UNLIMITED,
  };
  return {
    outbound,
    inbound,
    leaving: limits(laneBetween(chain, peer)).outbound,
    arriving: limits(laneBetween(peer, chain)).inbound,
    roomId: `${chain.name}/pool/fast room for ${peer.name}`,
    leavingId: `${chain.name}/pool/${isChanging ? "pause fast to" : "fast limits"} ${peer.name}`,
  };
}

function laneSteps(
  mesh: Mesh,
  chain: MeshChain,
  peer: MeshChain,
  now: ChainState,
  states: ReadonlyMap<string, ChainState>,
): Step[] {
  const lane = fastLane(mesh, chain, peer, states);
  const { outbound, inbound, leaving, arriving } = lane;
  const there = states.get(peer.name);
  const atPeer =
    there?.pool.generation === 2 && there.pool.remotes.has(chain.selector)
      ? fastLane(mesh, peer, chain, states)
      : undefined;
  const opens = arriving.isEnabled && !sameLimit(inbound, arriving);
  const limits = !sameLimit(outbound, leaving);
  const inboundChange = change("fast inbound", fastLimitText(inbound), fastLimitText(arriving));
  // Opening a lane to fast transfers requires the owner, although the rate limit admin could do it.
  const set = (leaves: RateLimit, arrives: RateLimit) =>
    byOwner(chain, now.pool.owner, encodeLimits(2, peer.selector, leaves, arrives, true));
  const steps: Step[] = [];
  if (opens) {
    steps.push({
      id: lane.roomId,
      chain: chain.name,
      title: `let fast transfers arrive from ${peer.name}`,
      changes: [inboundChange],
      status: TO_DO,
      after: [],
      call: set(outbound, arriving),
      ...(inbound.isEnabled &&
        isTighter(arriving, inbound) && { rejects: { ...laneBetween(peer, chain), fast: true } }),
    });
  }
  if (limits) {
    const isAllowedThere =
      there?.pool.generation !== 2 || there.pool.allowedFinality === finalityOf(mesh, peer);
    const hasRoomThere = !atPeer || sameLimit(atPeer.inbound, atPeer.arriving);
    steps.push({
      id: lane.leavingId,
      chain: chain.name,
      title: `set the limit of fast transfers to ${peer.name}`,
      changes: [change("fast outbound", fastLimitText(outbound), fastLimitText(leaving))],
      status: TO_DO,
      after: [
        ...(opens ? [lane.roomId] : []),
        // A generation 1 pool accepts fast transfers unchecked: none may leave while one is in use there.
        ...(leaving.isEnabled
          ? [
              ...(isAllowedThere ? [] : [finalityId(peer)]),
              ...(hasRoomThere ? [] : [atPeer.roomId]),
              ...laneDriftIds(chain, now, peer, there),
              openingId(peer),
            ]
          : []),
      ],
      call: set(leaving, opens ? arriving : inbound),
    });
  }
  if (inbound.isEnabled && !arriving.isEnabled) {
    const leavesThere = atPeer && !sameLimit(atPeer.outbound, atPeer.leaving);
    steps.push({
      id: `${chain.name}/pool/close fast to ${peer.name}`,
      chain: chain.name,
      title: `let no fast transfers arrive from ${peer.name}`,
      changes: [inboundChange],
      status: TO_DO,
      after: [...(limits ? [lane.leavingId] : []), ...(leavesThere ? [atPeer.leavingId] : [])],
      call: set(leaving, arriving),
      rejects: { ...laneBetween(peer, chain), fast: true, drains: true },
    });
  }
  return steps;
}
