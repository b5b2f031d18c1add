import { ZeroAddress } from "ethers";
import { encodeAddress } from "ccip-localnet/protocol";

import { encodeConfig, encodeLimits } from "../components/pool";
import { abi } from "../../core/abis";
import {
  CLOSED,
  inboundLimit,
  isClosed,
  isTighter,
  outboundLimit,
  sameLimit,
} from "../../core/mesh/limit";
import type { RateLimit } from "../../core/mesh/limit";
import { deployerOn, holderOf, peersOf } from "../../core/mesh/mesh";
import type { Mesh, MeshChain } from "../../core/mesh/mesh";
import type { PreviousPool, PoolInUse } from "../previousPools";
import type { RemoteState } from "../remotes";
import type { ChainState } from "../state";
import type { Step } from "../step";

import { TO_DO, call, chainText, change, limitText, when, who } from "./stepBuilders";
import { isOpen, openingId } from "./registry";

/** The steps before the lanes of a pool may open: its remote pools, room for arrivals, its settings. */
export function poolSteps(
  mesh: Mesh,
  chain: MeshChain,
  now: ChainState,
  states: ReadonlyMap<string, ChainState>,
): Step[] {
  return [
    ...peersOf(mesh, chain).flatMap((peer) => [
      ...remoteSteps(mesh, chain, peer, now, states),
      roomStep(mesh, chain, peer, now),
    ]),
    ...configSteps(mesh, chain, now),
  ];
}

/** "a", "a and b", "a, b and c". */
function listed(words: readonly string[]): string {
  return [words.slice(0, -1).join(", "), ...words.slice(-1)].filter(Boolean).join(" and ");
}

/** The settings that count for all lanes of a pool; nobody but its owner may withdraw what CCIP pays to it. */
function configSteps(mesh: Mesh, chain: MeshChain, now: ChainState): Step[] {
  const { pool } = now;
  const wanted = {
    generation: pool.generation,
    router: chain.ccip.router,
    rateLimitAdmin: holderOf(mesh, "rateLimitAdmin", chain.name),
    feeAdmin: ZeroAddress,
  };
  const changes = {
    router: change("router", pool.router, wanted.router),
    rateLimitAdmin: change("rate limit admin", who(pool.rateLimitAdmin), wanted.rateLimitAdmin),
    feeAdmin: change("fee admin", who(pool.feeAdmin), who(wanted.feeAdmin)),
  };
  return encodeConfig(wanted).map(({ name, sets, data }) => {
    const differing = sets.filter((setting) => pool[setting] !== wanted[setting]);
    return {
      id: `${chain.name}/pool/${name}`,
      chain: chain.name,
      title: `set the pool's ${listed(sets.map((setting) => changes[setting].what))}`,
      changes: differing.map((setting) => changes[setting]),
      status: when(differing.length === 0),
      after: [],
      call: call(pool.owner, "owner of the pool", chain.contracts.pool, data),
    };
  });
}

/**
 * Makes a pool know the token at the other end and every pool there whose messages it may meet; and
 * the pool that it replaces, while that is in use, the newest one.
 */
function remoteSteps(
  mesh: Mesh,
  chain: MeshChain,
  peer: MeshChain,
  now: ChainState,
  states: ReadonlyMap<string, ChainState>,
): Step[] {
  const remote = now.pool.remotes.get(peer.selector);
  const { contracts } = peer;
  const others = otherPools(mesh, chain, peer, now, states.get(peer.name));
  // A pool more is added; a chain that is known with another token has to be set up anew.
  const adds = remote?.token === contracts.token;
  const all = [contracts.pool, ...others];
  const missing = others.filter((pool) => adds && !remote.pools.includes(pool));
  const used = poolInUse(mesh, chain, now);
  return [
    {
      id: `${chain.name}/pool/remote ${peer.name}`,
      chain: chain.name,
      title: `let the pool exchange tokens with ${peer.name}`,
      changes: [
        ...(adds ? [] : [change("remote token", who(remote?.token), contracts.token)]),
        change(
          "remote pools",
          poolsText(remote),
          adds ? `${poolsText(remote)}, ${contracts.pool}` : all.join(", "),
        ),
      ].filter(({ before, after }) => before !== after),
      status: when(isWired(remote, peer)),
      after: [],
      call: call(
        now.pool.owner,
        "owner of the pool",
        chain.contracts.pool,
        adds
          ? addRemotePool(peer, contracts.pool)
          : setUpRemote(mesh, chain, peer, all, {
              anew: remote !== undefined,
              closed: isAhead(mesh, chain, now, peer, states),
            }),
      ),
      ...(remote && !adds && { rejects: lane(peer, chain) }),
    },
    ...missing.map((pool): Step => ({
      id: `${chain.name}/pool/remote ${peer.name} ${pool}`,
      chain: chain.name,
      title: `let the pool take what ${peer.name} has sent through ${pool}, which is replaced there`,
      changes: [change("remote pools", poolsText(remote), `${poolsText(remote)}, ${pool}`)],
      status: TO_DO,
      after: [],
      call: call(
        now.pool.owner,
        "owner of the pool",
        chain.contracts.pool,
        addRemotePool(peer, pool),
      ),
    })),
    ...(used ? remoteStepsInUse(mesh, chain, peer, used) : []),
  ];
}

/** The pool that is in use until the newest one is has to know a new pool of a peer as well. */
function remoteStepsInUse(
  mesh: Mesh,
  chain: MeshChain,
  peer: MeshChain,
  { address, inUse: { owner, remotes } }: UsedPool,
): Step[] {
  const remote = remotes.get(peer.selector);
  // With another token it exchanges nothing with the peer anyway.
  if (isWired(remote, peer) || (remote && remote.token !== peer.contracts.token)) return [];
  const { pool } = peer.contracts;
  return [
    {
      id: `${chain.name}/pool in use/remote ${peer.name}`,
      chain: chain.name,
      title: `let the pool ${address}, which is in use still, exchange tokens with ${peer.name}`,
      changes: [
        change("remote pools", poolsText(remote), remote ? `${poolsText(remote)}, ${pool}` : pool),
      ],
      status: TO_DO,
      after: [],
      call: call(
        owner,
        "owner of the pool in use",
        address,
        remote ? addRemotePool(peer, pool) : setUpRemote(mesh, chain, peer, [pool], {}),
      ),
    },
  ];
}

/**
 * Pools of a peer beside its newest one that messages to a chain may come from: the one in use there,
 * and those that the pool in use here takes messages from still.
 */
function otherPools(
  mesh: Mesh,
  chain: MeshChain,
  peer: MeshChain,
  now: ChainState,
  there: ChainState | undefined,
): string[] {
  if (!there) return [];
  const used = poolInUse(mesh, peer, there)?.address;
  const known = poolInUse(mesh, chain, now)?.inUse.remotes.get(peer.selector);
  return there.previousPools
    .map(({ address }) => address)
    .filter(
      (address) =>
        address === used ||
        (known?.token === peer.contracts.token && known.pools.includes(address)),
    );
}

/** A pool that is replaced and still in use. */
type UsedPool = PreviousPool & { readonly inUse: PoolInUse };

/** The pool in use while the newest one is not; none that a stranger owns, who could tell it anything. */
export function poolInUse(mesh: Mesh, chain: MeshChain, now: ChainState): UsedPool | undefined {
  const ours = [chain.contracts.timelock, deployerOn(mesh, chain.name), mesh.operator];
  for (const pool of now.previousPools) {
    const { inUse } = pool;
    if (inUse && ours.includes(inUse.owner)) return { ...pool, inUse };
  }
  return undefined;
}

function addRemotePool(peer: MeshChain, pool: string): string {
  return abi.pool.encodeFunctionData("addRemotePool", [peer.selector, encodeAddress(pool)]);
}

function setUpRemote(
  mesh: Mesh,
  chain: MeshChain,
  peer: MeshChain,
  pools: readonly string[],
  { anew = false, closed = false }: { readonly anew?: boolean; readonly closed?: boolean },
): string {
  return abi.pool.encodeFunctionData("applyChainUpdates", [
    anew ? [peer.selector] : [],
    [
      {
        remoteChainSelector: peer.selector,
        remotePoolAddresses: pools.map(encodeAddress),
        remoteTokenAddress: encodeAddress(peer.contracts.token),
        outboundRateLimiterConfig: closed ? CLOSED : outboundLimit(mesh.config, lane(chain, peer)),
        inboundRateLimiterConfig: inboundLimit(mesh.config, lane(peer, chain)),
      },
    ],
  ]);
}

/** Makes room for arrivals before anything larger may leave at the other end. */
function roomStep(mesh: Mesh, chain: MeshChain, peer: MeshChain, now: ChainState): Step {
  const remote = now.pool.remotes.get(peer.selector);
  const wanted = inboundLimit(mesh.config, lane(peer, chain));
  const tight = remote && isWired(remote, peer) && isTighter(remote.inbound, wanted);
  return {
    id: `${chain.name}/pool/room for ${peer.name}`,
    chain: chain.name,
    title: `let more tokens arrive from ${peer.name}`,
    changes: [change("inbound", limitText(remote?.inbound), limitText(wanted))],
    status: when(!tight),
    after: [`${chain.name}/pool/remote ${peer.name}`],
    call: limitCall(chain, peer, now, remote?.outbound ?? CLOSED, wanted),
  };
}

/** The limits of the lanes from and to every peer; what may leave grows after what may arrive there. */
export function limitSteps(
  mesh: Mesh,
  chain: MeshChain,
  now: ChainState,
  states: ReadonlyMap<string, ChainState>,
): Step[] {
  return peersOf(mesh, chain).map((peer) => {
    const remote = now.pool.remotes.get(peer.selector);
    const outbound = outboundLimit(mesh.config, lane(chain, peer));
    const declared = inboundLimit(mesh.config, lane(peer, chain));
    // Closing the receiving end has a step of its own: it rejects what is in flight.
    const closing = remote && isClosed(declared) && !isClosed(remote.inbound);
    const inbound = closing ? remote.inbound : declared;
    // Room that is made by the step before is there by then.
    const arriving = remote && isTighter(remote.inbound, declared) ? declared : remote?.inbound;
    const narrows = remote !== undefined && isTighter(inbound, remote.inbound);
    const same =
      !isWired(remote, peer) ||
      (sameLimit(remote?.outbound, outbound) && sameLimit(arriving, inbound));
    return {
      id: `${chain.name}/pool/limits ${peer.name}`,
      chain: chain.name,
      title: `set the rate limits of the lanes from and to ${peer.name}`,
      changes: [
        change("outbound", limitText(remote?.outbound), limitText(outbound)),
        change("inbound", limitText(arriving), limitText(inbound)),
      ].filter(({ before, after }) => before !== after),
      status: when(same),
      after: [
        `${chain.name}/pool/remote ${peer.name}`,
        `${chain.name}/pool/room for ${peer.name}`,
        // What leaves for a peer that does not know this chain's pool yet would be rejected there.
        `${peer.name}/pool/remote ${chain.name}`,
        `${peer.name}/pool/room for ${chain.name}`,
        ...(isAhead(mesh, chain, now, peer, states) ? [openingId(peer)] : []),
        // Less leaves before less may arrive, unless both directions are narrowed.
        ...(narrows && !narrowsArrivals(mesh, peer, chain, states)
          ? [`${peer.name}/pool/limits ${chain.name}`]
          : []),
      ],
      call: limitCall(chain, peer, now, outbound, inbound),
      // Less room may be too little for what was sent when there was more.
      ...(narrows &&
        inbound.isEnabled && {
          rejects: {
            ...lane(peer, chain),
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
  states: ReadonlyMap<string, ChainState>,
): boolean {
  const remote = states.get(chain.name)?.pool.remotes.get(peer.selector);
  const declared = inboundLimit(mesh.config, lane(peer, chain));
  return remote !== undefined && !isClosed(declared) && isTighter(declared, remote.inbound);
}

/** What takes something away that messages in flight may need; no steps when there is nothing. */
export function closingSteps(mesh: Mesh, chain: MeshChain, now: ChainState): Step[] {
  const { pool } = chain.contracts;
  const byOwner = (data: string) => call(now.pool.owner, "owner of the pool", pool, data);
  const steps: Step[] = [];
  for (const peer of peersOf(mesh, chain)) {
    const remote = now.pool.remotes.get(peer.selector);
    if (!remote) continue;
    const declared = inboundLimit(mesh.config, lane(peer, chain));
    if (isClosed(declared) && !isClosed(remote.inbound)) {
      steps.push({
        id: `${chain.name}/pool/close to ${peer.name}`,
        chain: chain.name,
        title: `let no tokens arrive from ${peer.name} any more`,
        changes: [change("inbound", limitText(remote.inbound), limitText(declared))],
        status: { kind: "todo" },
        after: [`${peer.name}/pool/limits ${chain.name}`, `${chain.name}/pool/limits ${peer.name}`],
        call: limitCall(chain, peer, now, outboundLimit(mesh.config, lane(chain, peer)), declared),
        // By then nothing more leaves at the other end.
        rejects: { ...lane(peer, chain), drains: true },
      });
    }
    if (remote.token !== peer.contracts.token) continue;
    for (const old of remote.pools.filter((address) => address !== peer.contracts.pool)) {
      steps.push({
        id: oldPoolId(chain, peer, old),
        chain: chain.name,
        title: `take no more messages from the pool ${old} on ${peer.name}`,
        changes: [change("remote pools", poolsText(remote), poolsText(remote, old))],
        status: { kind: "todo" },
        // While the old pool is in use at the other end, every message comes from it; and a pool that is
        // to be put in use at this end learns of it from the one before.
        after: [`${chain.name}/pool/remote ${peer.name}`, openingId(peer), openingId(chain)],
        call: byOwner(
          abi.pool.encodeFunctionData("removeRemotePool", [peer.selector, encodeRemote(old)]),
        ),
        rejects: { ...lane(peer, chain), pool: old },
      });
    }
  }
  for (const selector of now.pool.thirdParties) {
    const name = chainText(mesh, selector);
    steps.push({
      id: `${chain.name}/pool/stranger ${selector}`,
      chain: chain.name,
      title: `stop exchanging tokens with ${name}, which is not in the mesh`,
      changes: [change(`exchanges with ${name}`, "yes", "no")],
      status: { kind: "todo" },
      after: [],
      call: byOwner(abi.pool.encodeFunctionData("applyChainUpdates", [[selector], []])),
      rejects: { source: name, destination: chain.name },
    });
  }
  return steps;
}

/** The id of the step by which a chain takes no more messages from an old pool of a peer. */
export function oldPoolId(
  chain: Pick<MeshChain, "name">,
  peer: Pick<MeshChain, "name">,
  pool: string,
): string {
  return `${chain.name}/pool/old pool ${pool} of ${peer.name}`;
}

/** Limits may be changed by the rate limit admin, without the timelock's delay. */
function limitCall(
  chain: MeshChain,
  peer: MeshChain,
  { pool }: ChainState,
  outbound: RateLimit,
  inbound: RateLimit,
) {
  const { timelock } = chain.contracts;
  const direct = pool.owner !== timelock || pool.rateLimitAdmin === ZeroAddress;
  return call(
    direct ? pool.owner : pool.rateLimitAdmin,
    direct ? "owner of the pool" : "rate limit admin of the pool",
    chain.contracts.pool,
    encodeLimits(pool.generation, peer.selector, outbound, inbound),
  );
}

/**
 * Whether a chain's lanes are open and those of a peer are not: it has no pool in use, or a stranger's,
 * which could not take what arrives. Then nothing more may leave for it.
 */
function isAhead(
  mesh: Mesh,
  chain: MeshChain,
  now: ChainState,
  peer: MeshChain,
  states: ReadonlyMap<string, ChainState>,
): boolean {
  const there = states.get(peer.name);
  if (!there || !isOpen(chain, now)) return false;
  return !isOpen(peer, there) && poolInUse(mesh, peer, there)?.mayMint !== true;
}

/** Shares that a token unit is made of where it is worth the least of them: now, or after what home has decided. */
function smallestIndex(states: readonly (ChainState | undefined)[]): bigint {
  const indexes = states
    .flatMap((state) => (state ? [state.token.index.current, state.token.index.next] : []))
    .filter((index) => index > 0n);
  return indexes.reduce((a, b) => (a < b ? a : b), indexes[0] ?? 0n);
}

function lane(source: MeshChain, destination: MeshChain) {
  return { source: source.name, destination: destination.name };
}

function isWired(remote: RemoteState | undefined, peer: MeshChain): boolean {
  return remote?.token === peer.contracts.token && remote.pools.includes(peer.contracts.pool);
}

function poolsText(remote: RemoteState | undefined, without?: string): string {
  return remote?.pools.filter((pool) => pool !== without).join(", ") || "none";
}

/** A remote pool as it is stored: an EVM address abi-encoded, anything else as it is. */
function encodeRemote(pool: string): string {
  return /^0x[0-9a-fA-F]{40}$/.test(pool) ? encodeAddress(pool) : pool;
}
