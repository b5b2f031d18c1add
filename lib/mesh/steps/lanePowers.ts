import { FULL_FINALITY, INBOUND, OUTBOUND, encodeFinality, encodeLimits } from "../components/pool";
import type { LanePowers } from "../components/pool";
import { abi } from "../contracts";
import { lanesFaultId } from "../faults";
import { UNLIMITED, fastLimits, isTighter, laneKey, sameLimit } from "../limits";
import type { RateLimit } from "../limits";
import { peersOf } from "../mesh";
import type { Mesh, MeshChain } from "../mesh";
import type { ChainState } from "../state";
import type { Step } from "../step";

import { TO_DO, call, change, limitText } from "./draft";

const NONE: LanePowers = {
  fast: { outbound: UNLIMITED, inbound: UNLIMITED },
  verifiers: { outbound: [], inbound: [] },
};

/**
 * The steps of what only a pool of generation 2 has: the finality it asks for, limits of fast transfers, and
 * verifiers. What is allowed is allowed where tokens arrive before they may leave so, and taken back the other
 * way round; a verifier is added where tokens leave first.
 */
export function lanePowerSteps(
  mesh: Mesh,
  chain: MeshChain,
  now: ChainState,
  states: ReadonlyMap<string, ChainState>,
): Step[] {
  if (now.pool.generation !== 2) return [];
  const peers = peersOf(mesh, chain).filter(({ selector }) => now.pool.remotes.has(selector));
  const fast = peers.flatMap((peer) => fastSteps(mesh, chain, peer, now, states));
  const verifiers = peers.flatMap((peer) => verifierSteps(mesh, chain, peer, now, states));
  return [...fast, ...finalitySteps(mesh, chain, now, fast), ...verifiers];
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
  const { outbound, inbound } = powersOf(now, peer).fast;
  const leaving = fastLimits(mesh.config, lane(chain, peer)).outbound;
  const arriving = fastLimits(mesh.config, lane(peer, chain)).inbound;
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
  const there = states.get(peer.name)?.pool;
  const allowedThere =
    there?.generation !== 2 || there.allowedFinality === finalityOf(mesh, peer)
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
              changes: [change("fast inbound", limitOf(inbound), limitOf(arriving))],
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
          step("fast limits", `set the limit of fast transfers to ${peer.name}`, [leaving, room], {
            changes: [change("fast outbound", limitOf(outbound), limitOf(leaving))],
            status: TO_DO,
            after: [
              ...(opens ? [`${chain.name}/pool/fast room for ${peer.name}`] : []),
              ...(leaving.isEnabled
                ? [...allowedThere, ...roomThere(mesh, chain, peer, states)]
                : []),
              ...now.faults
                .filter(({ id }) => id === lanesFaultId(peer))
                .map(({ id }) => `${chain.name}/${id}`),
            ],
          }),
        ]),
    ...(closes
      ? [
          step(
            "close fast to",
            `let no fast transfers arrive from ${peer.name}`,
            [leaving, arriving],
            {
              changes: [change("fast inbound", limitOf(inbound), limitOf(arriving))],
              status: TO_DO,
              after: [
                ...(sameLimit(outbound, leaving)
                  ? []
                  : [`${chain.name}/pool/fast limits ${peer.name}`]),
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
  const wanted = fastLimits(mesh.config, lane(chain, peer)).inbound;
  return sameLimit(powersOf(there, chain).fast.inbound, wanted)
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
  const wanted = fastLimits(mesh.config, lane(peer, chain)).outbound;
  return sameLimit(powersOf(there, chain).fast.outbound, wanted)
    ? []
    : [`${peer.name}/pool/fast limits ${chain.name}`];
}

/**
 * Sets the verifiers of both directions at this end. A message carries the results of those that its source
 * asked for, so a new one is asked for at the source before the destination requires it, and what left without
 * its result has to arrive before; one that goes is no longer required at the destination first.
 */
function verifierSteps(
  mesh: Mesh,
  chain: MeshChain,
  peer: MeshChain,
  now: ChainState,
  states: ReadonlyMap<string, ChainState>,
): Step[] {
  const declared = (from: MeshChain, to: MeshChain) =>
    mesh.config.lanes.verifiers?.[laneKey(lane(from, to))];
  const here = powersOf(now, peer).verifiers;
  const there = states.get(peer.name);
  const wantedOut = declared(chain, peer)?.source ?? [];
  const wantedIn = declared(peer, chain)?.destination ?? [];
  const both = union(here.outbound, wantedOut);
  const requiredThere = there ? powersOf(there, chain).verifiers.inbound : [];
  const settledThere = sameSet(requiredThere, declared(chain, peer)?.destination ?? []);
  const adds = !sameSet(both, here.outbound);
  const drops = !sameSet(both, wantedOut);
  const id = (name: string, at = chain, to = peer) => `${at.name}/pool/${name} ${to.name}`;
  const set = (direction: number, verifiers: readonly string[]) =>
    call(
      now.pool.owner,
      "owner of the pool",
      chain.contracts.pool,
      abi.pool.encodeFunctionData("setVerifiers", [peer.selector, direction, [...verifiers]]),
    );
  const asksThere =
    there?.pool.generation === 2 &&
    !sameSet(
      union(powersOf(there, chain).verifiers.outbound, declared(peer, chain)?.source ?? []),
      powersOf(there, chain).verifiers.outbound,
    );
  const requires = wantedIn.some((one) => !here.inbound.includes(one));
  const steps: Step[] = [];
  if (adds) {
    steps.push({
      id: id("verifiers to"),
      chain: chain.name,
      title: `ask more verifiers for results on what leaves for ${peer.name}`,
      changes: [change("verifiers", listOf(here.outbound), listOf(both))],
      status: TO_DO,
      after: now.faults
        .filter((fault) => fault.id === lanesFaultId(peer))
        .map((fault) => `${chain.name}/${fault.id}`),
      call: set(OUTBOUND, both),
    });
  }
  if (!sameSet(here.inbound, wantedIn)) {
    steps.push({
      id: id("verifiers from"),
      chain: chain.name,
      title: `set the verifiers whose results arrivals from ${peer.name} need`,
      changes: [change("verifiers", listOf(here.inbound), listOf(wantedIn))],
      status: TO_DO,
      after: asksThere ? [id("verifiers to", peer, chain)] : [],
      call: set(INBOUND, wantedIn),
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
        ...(adds ? [id("verifiers to")] : []),
        ...(settledThere || there?.pool.generation !== 2
          ? []
          : [id("verifiers from", peer, chain)]),
      ],
      call: set(OUTBOUND, wantedOut),
    });
  }
  return steps;
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

function powersOf(now: ChainState, peer: MeshChain): LanePowers {
  return now.pool.remotes.get(peer.selector)?.powers ?? NONE;
}

function limitOf(limit: RateLimit): string {
  return limit.isEnabled ? limitText(limit) : "none";
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
