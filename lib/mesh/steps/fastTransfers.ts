import { FULL_FINALITY, encodeFinality, encodeLimits } from "../components/pool";
import type { LanePermissions } from "../components/pool";
import { abi } from "../../core/abis";
import { laneDriftIds } from "../drift";
import { UNLIMITED, fastLimits, isTighter, sameLimit } from "../../core/mesh/limit";
import type { RateLimit } from "../../core/mesh/limit";
import { peersOf } from "../../core/mesh/mesh";
import type { Mesh, MeshChain } from "../../core/mesh/mesh";
import type { ChainState } from "../state";
import type { Step } from "../step";

import { TO_DO, call, change, fastLimitText } from "./stepBuilders";
import { openingId } from "./registry";

/**
 * The steps of transfers that wait for less than full finality: the finality that a pool allows, and limits of
 * their own. What is allowed is allowed where tokens arrive before they may leave so, and taken back the other
 * way round.
 */
export function fastTransferSteps(
  mesh: Mesh,
  chain: MeshChain,
  now: ChainState,
  states: ReadonlyMap<string, ChainState>,
): Step[] {
  if (now.pool.generation !== 2) return [];
  const peers = peersOf(mesh, chain).filter(({ selector }) => now.pool.remotes.has(selector));
  const fast = peers.flatMap((peer) => fastSteps(mesh, chain, peer, now, states));
  return [...fast, ...finalitySteps(mesh, chain, now, fast)];
}

/** The finality that a pool allows on the lanes that have a limit for it; full finality alone unless one has. */
function finalitySteps(
  mesh: Mesh,
  chain: MeshChain,
  now: ChainState,
  fast: readonly Step[],
): Step[] {
  const wanted = finalityOf(mesh, chain);
  const { allowedFinality, owner } = now.pool;
  if (allowedFinality === wanted) return [];
  // What is no longer allowed is refused on arrival too, so the lanes are closed to it and drained before.
  const closing = fast.filter(({ id }) => id.includes("/close fast "));
  const step: Step = {
    id: `${chain.name}/pool/finality`,
    chain: chain.name,
    title:
      wanted === FULL_FINALITY
        ? "let transfers through the pool wait for full finality"
        : "let the pool take transfers that wait for less than full finality, on lanes that have a limit for them",
    changes: [change("allowed finality", allowedFinality, wanted)],
    status: TO_DO,
    after: closing.map(({ id }) => id),
    call: call(
      owner,
      "owner of the pool",
      chain.contracts.pool,
      abi.pool.encodeFunctionData("setAllowedFinalityConfig", [wanted]),
    ),
  };
  return [step];
}

/** The one finality that the lanes of a chain's pool declare; the schema sees to it that it is one. */
function finalityOf({ config }: Mesh, { name }: MeshChain): string {
  const declared = Object.entries(config.lanes.fast ?? {}).find(([key]) =>
    key.split(" -> ").includes(name),
  );
  return encodeFinality(declared?.[1].finality);
}

function fastSteps(
  mesh: Mesh,
  chain: MeshChain,
  peer: MeshChain,
  now: ChainState,
  states: ReadonlyMap<string, ChainState>,
): Step[] {
  const { outbound, inbound } = fastOf(now, peer);
  const { leaving, arriving, isChanging } = wantedLimits(mesh, chain, peer, states);
  const opens = arriving.isEnabled && !sameLimit(inbound, arriving);
  const closes = inbound.isEnabled && !arriving.isEnabled;
  const room = opens ? arriving : inbound;
  const step = (
    verb: string,
    title: string,
    limits: readonly [outbound: RateLimit, inbound: RateLimit],
    rest: Pick<Step, "changes" | "status" | "after"> & Partial<Step>,
  ): Step => ({
    id: `${chain.name}/pool/${verb} ${peer.name}`,
    chain: chain.name,
    title,
    call: byOwner(chain, now, peer, ...limits),
    ...rest,
  });
  const there = states.get(peer.name);
  const allowedThere =
    there?.pool.generation !== 2 || there.pool.allowedFinality === finalityOf(mesh, peer)
      ? []
      : [`${peer.name}/pool/finality`];
  return [
    ...(opens
      ? [
          step(
            "fast room for",
            `let fast transfers arrive from ${peer.name}`,
            [outbound, arriving],
            {
              changes: [change("fast inbound", fastLimitText(inbound), fastLimitText(arriving))],
              status: TO_DO,
              after: [],
              ...(inbound.isEnabled &&
                isTighter(arriving, inbound) && { rejects: { ...lane(peer, chain), fast: true } }),
            },
          ),
        ]
      : []),
    ...(sameLimit(outbound, leaving)
      ? []
      : [
          step(
            leavingStep(isChanging),
            `set the limit of fast transfers to ${peer.name}`,
            [leaving, room],
            {
              changes: [change("fast outbound", fastLimitText(outbound), fastLimitText(leaving))],
              status: TO_DO,
              after: [
                ...(opens ? [`${chain.name}/pool/fast room for ${peer.name}`] : []),
                // A pool of generation 1 takes fast transfers without a look: none may leave while one is in use there.
                ...(leaving.isEnabled
                  ? [
                      ...allowedThere,
                      ...roomThere(mesh, chain, peer, states),
                      ...laneDriftIds(chain, now, peer, there),
                      openingId(peer),
                    ]
                  : []),
              ],
            },
          ),
        ]),
    ...(closes
      ? [
          step(
            "close fast to",
            `let no fast transfers arrive from ${peer.name}`,
            [leaving, arriving],
            {
              changes: [change("fast inbound", fastLimitText(inbound), fastLimitText(arriving))],
              status: TO_DO,
              after: [
                ...(sameLimit(outbound, leaving)
                  ? []
                  : [`${chain.name}/pool/${leavingStep(isChanging)} ${peer.name}`]),
                ...limitsThere(mesh, chain, peer, states),
              ],
              rejects: { ...lane(peer, chain), fast: true, drains: true },
            },
          ),
        ]
      : []),
  ];
}

/** The step by which the other end makes room for fast transfers, if it has to. */
function roomThere(
  mesh: Mesh,
  chain: MeshChain,
  peer: MeshChain,
  states: ReadonlyMap<string, ChainState>,
): string[] {
  const there = states.get(peer.name);
  if (there?.pool.generation !== 2 || !there.pool.remotes.has(chain.selector)) return [];
  const wanted = wantedLimits(mesh, peer, chain, states).arriving;
  return sameLimit(fastOf(there, chain).inbound, wanted)
    ? []
    : [`${peer.name}/pool/fast room for ${chain.name}`];
}

/** The step by which the other end sends no more fast transfers, if it has to. */
function limitsThere(
  mesh: Mesh,
  chain: MeshChain,
  peer: MeshChain,
  states: ReadonlyMap<string, ChainState>,
): string[] {
  const there = states.get(peer.name);
  if (there?.pool.generation !== 2 || !there.pool.remotes.has(chain.selector)) return [];
  const { leaving, isChanging } = wantedLimits(mesh, peer, chain, states);
  return sameLimit(fastOf(there, chain).outbound, leaving)
    ? []
    : [`${peer.name}/pool/${leavingStep(isChanging)} ${chain.name}`];
}

/** The name of the step that limits what leaves: while the finality changes, another one follows. */
function leavingStep(isChanging: boolean): string {
  return isChanging ? "pause fast to" : "fast limits";
}

/** Sets limits of fast transfers. To open a lane to them is the owner's decision, though the rate limit admin could. */
function byOwner(
  chain: MeshChain,
  { pool }: ChainState,
  peer: MeshChain,
  outbound: RateLimit,
  inbound: RateLimit,
) {
  return call(
    pool.owner,
    "owner of the pool",
    chain.contracts.pool,
    encodeLimits(2, peer.selector, outbound, inbound, true),
  );
}

function fastOf(
  now: ChainState,
  peer: MeshChain,
): Readonly<Record<keyof LanePermissions["fast"], RateLimit>> {
  const none = { outbound: UNLIMITED, inbound: UNLIMITED };
  return now.pool.remotes.get(peer.selector)?.permissions?.fast ?? none;
}

/**
 * The limits that fast transfers between a chain and a peer should have at the chain. None while a pool at either
 * end allows another finality than is declared: what waits for that one has to arrive before it is refused.
 */
function wantedLimits(
  mesh: Mesh,
  chain: MeshChain,
  peer: MeshChain,
  states: ReadonlyMap<string, ChainState>,
): {
  readonly leaving: RateLimit;
  readonly arriving: RateLimit;
  readonly isChanging: boolean;
} {
  const isChanging = [chain, peer].some((end) => {
    const allowed = states.get(end.name)?.pool.allowedFinality ?? FULL_FINALITY;
    const wanted = finalityOf(mesh, end);
    return allowed !== FULL_FINALITY && wanted !== FULL_FINALITY && allowed !== wanted;
  });
  if (isChanging) return { leaving: UNLIMITED, arriving: UNLIMITED, isChanging };
  return {
    leaving: fastLimits(mesh.config, lane(chain, peer)).outbound,
    arriving: fastLimits(mesh.config, lane(peer, chain)).inbound,
    isChanging,
  };
}

function lane(source: MeshChain, destination: MeshChain) {
  return { source: source.name, destination: destination.name };
}
