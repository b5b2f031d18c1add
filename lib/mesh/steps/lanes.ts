import { ZeroAddress } from "ethers";

import { encodeAddress } from "../../ccip/message";
import { abi } from "../contracts";
import { CLOSED, inboundLimit, isClosed, isTighter, outboundLimit, sameLimit } from "../limits";
import type { RateLimit } from "../limits";
import { holderOf, peersOf } from "../mesh";
import type { Mesh, MeshChain } from "../mesh";
import type { ChainState, RemoteState } from "../state";
import type { Step } from "../step";

import { call, chainText, change, limitText, when, who } from "./draft";

/** What a pool has to know before its lanes may open: its router, its remote pools, room for arrivals. */
export function poolSteps(mesh: Mesh, chain: MeshChain, now: ChainState): Step[] {
  const { pool } = chain.contracts;
  const { owner } = now.pool;
  const admin = holderOf(mesh, "rateLimitAdmin", chain.name);
  const byOwner = (data: string) => call(owner, "owner of the pool", pool, data);
  return [
    {
      id: `${chain.name}/pool/router`,
      chain: chain.name,
      title: "let the pool trust CCIP's router",
      changes: [change("router", now.pool.router, chain.ccip.router)],
      status: when(now.pool.router === chain.ccip.router),
      after: [],
      call: byOwner(abi.pool.encodeFunctionData("setRouter", [chain.ccip.router])),
    },
    ...peersOf(mesh, chain).flatMap((peer) => [
      remoteStep(mesh, chain, peer, now),
      roomStep(mesh, chain, peer, now),
    ]),
    {
      id: `${chain.name}/pool/rate limit admin`,
      chain: chain.name,
      title: `let ${admin} change the pool's rate limits`,
      changes: [change("rate limit admin", who(now.pool.rateLimitAdmin), admin)],
      status: when(now.pool.rateLimitAdmin === admin),
      after: [],
      call: byOwner(abi.pool.encodeFunctionData("setRateLimitAdmin", [admin])),
    },
  ];
}

/** Makes a pool know the pool and the token at the other end. */
function remoteStep(mesh: Mesh, chain: MeshChain, peer: MeshChain, now: ChainState): Step {
  const remote = now.pool.remotes.get(peer.selector);
  const { contracts } = peer;
  // A pool more is added; a chain that is known with another token has to be set up anew.
  const adds = remote?.token === contracts.token;
  const data = adds
    ? abi.pool.encodeFunctionData("addRemotePool", [peer.selector, encodeAddress(contracts.pool)])
    : abi.pool.encodeFunctionData("applyChainUpdates", [
        remote ? [peer.selector] : [],
        [
          {
            remoteChainSelector: peer.selector,
            remotePoolAddresses: [encodeAddress(contracts.pool)],
            remoteTokenAddress: encodeAddress(contracts.token),
            outboundRateLimiterConfig: outboundLimit(mesh.config, lane(chain, peer)),
            inboundRateLimiterConfig: inboundLimit(mesh.config, lane(peer, chain)),
          },
        ],
      ]);
  return {
    id: `${chain.name}/pool/remote ${peer.name}`,
    chain: chain.name,
    title: `let the pool exchange tokens with ${peer.name}`,
    changes: [
      ...(adds ? [] : [change("remote token", who(remote?.token), contracts.token)]),
      change(
        "remote pools",
        poolsText(remote),
        adds ? `${poolsText(remote)}, ${contracts.pool}` : contracts.pool,
      ),
    ],
    status: when(isWired(remote, peer)),
    after: [],
    call: call(now.pool.owner, "owner of the pool", chain.contracts.pool, data),
    ...(remote && !adds && { rejects: lane(peer, chain) }),
  };
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
export function limitSteps(mesh: Mesh, chain: MeshChain, now: ChainState): Step[] {
  return peersOf(mesh, chain).map((peer) => {
    const remote = now.pool.remotes.get(peer.selector);
    const outbound = outboundLimit(mesh.config, lane(chain, peer));
    const declared = inboundLimit(mesh.config, lane(peer, chain));
    // Closing the receiving end has a step of its own: it rejects what is in flight.
    const closing = remote && isClosed(declared) && !isClosed(remote.inbound);
    const inbound = closing ? remote.inbound : declared;
    // Room that is made by the step before is there by then.
    const arriving = remote && isTighter(remote.inbound, declared) ? declared : remote?.inbound;
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
        `${peer.name}/pool/room for ${chain.name}`,
      ],
      call: limitCall(chain, peer, now, outbound, inbound),
    };
  });
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
        rejects: lane(peer, chain),
      });
    }
    if (remote.token !== peer.contracts.token) continue;
    for (const old of remote.pools.filter((address) => address !== peer.contracts.pool)) {
      steps.push({
        id: `${chain.name}/pool/old pool ${old} of ${peer.name}`,
        chain: chain.name,
        title: `take no more messages from the pool ${old} on ${peer.name}`,
        changes: [change("remote pools", poolsText(remote), poolsText(remote, old))],
        status: { kind: "todo" },
        after: [`${chain.name}/pool/remote ${peer.name}`],
        call: byOwner(
          abi.pool.encodeFunctionData("removeRemotePool", [peer.selector, encodeRemote(old)]),
        ),
        rejects: lane(peer, chain),
      });
    }
  }
  for (const selector of now.pool.strangers) {
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
    abi.pool.encodeFunctionData("setChainRateLimiterConfig", [peer.selector, outbound, inbound]),
  );
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
