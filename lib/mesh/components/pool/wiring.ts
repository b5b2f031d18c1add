import { ZeroAddress } from "ethers";
import { encodeAddress } from "ccip-localnet/protocol";

import { abi } from "../../../core/abis";
import { CLOSED, inboundLimit, laneBetween, outboundLimit } from "../../../core/mesh/limit";
import { holderOf } from "../../../core/mesh/mesh";
import type { Mesh, MeshChain } from "../../../core/mesh/mesh";
import type { ChainState } from "../../state";
import type { Call, Step } from "../../step";
import { TO_DO, call, chainText, change, when, who } from "../../stepBuilders";
import { openingId } from "../registry";
import { encodeConfig } from "./contract";
import { isAhead, poolInUse } from "./inUse";
import type { UsedPool } from "./inUse";
import type { RemoteState } from "./remotes";

/** Returns the steps for the settings of all lanes of a pool; only its owner may withdraw pool fees. */
export function configSteps(mesh: Mesh, chain: MeshChain, now: ChainState): Step[] {
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
    const words = sets.map((setting) => changes[setting].what);
    const listed = [words.slice(0, -1).join(", "), ...words.slice(-1)]
      .filter(Boolean)
      .join(" and ");
    return {
      id: `${chain.name}/pool/${name}`,
      chain: chain.name,
      title: `set the pool's ${listed}`,
      changes: differing.map((setting) => changes[setting]),
      status: when(differing.length === 0),
      after: [],
      call: byOwner(chain, now, data),
    };
  });
}

function byOwner({ contracts }: MeshChain, { pool }: ChainState, data: string): Call {
  return call(pool.owner, "owner of the pool", contracts.pool, data);
}

/**
 * Returns the steps that add the token of a peer, and every pool there whose messages may arrive, to a pool; and
 * the peer's newest pool to the pool that it replaces, while that one is in use.
 */
export function remoteSteps(
  mesh: Mesh,
  chain: MeshChain,
  peer: MeshChain,
  now: ChainState,
  there: ChainState | undefined,
): Step[] {
  const remote = now.pool.remotes.get(peer.selector);
  const { contracts } = peer;
  const others = otherPools(mesh, chain, peer, now, there);
  // Another pool of a known token is added; a chain with a different token has to be set up again.
  const adds = remote?.token === contracts.token;
  const missing = others.filter((pool) => adds && !remote.pools.includes(pool));
  const used = poolInUse(mesh, chain, now);
  const pools = [contracts.pool, ...others];
  const id = remoteId(chain, peer);
  return [
    {
      id,
      chain: chain.name,
      title: `let the pool exchange tokens with ${peer.name}`,
      changes: [
        ...(adds ? [] : [change("remote token", who(remote?.token), contracts.token)]),
        change(
          "remote pools",
          poolsText(remote),
          adds ? `${poolsText(remote)}, ${contracts.pool}` : pools.join(", "),
        ),
      ].filter(({ before, after }) => before !== after),
      status: when(isWired(remote, peer)),
      after: [],
      call: byOwner(
        chain,
        now,
        adds
          ? addRemotePool(peer, contracts.pool)
          : setUpRemote(mesh, chain, peer, pools, {
              replaces: remote !== undefined,
              isClosed: isAhead(mesh, chain, now, peer, there),
            }),
      ),
      ...(remote && !adds && { rejects: laneBetween(peer, chain) }),
    },
    ...missing.map((pool): Step => ({
      id: `${id} ${pool}`,
      chain: chain.name,
      title: `let the pool take messages that ${peer.name} sent through ${pool}, which is replaced there`,
      changes: [change("remote pools", poolsText(remote), `${poolsText(remote)}, ${pool}`)],
      status: TO_DO,
      after: [],
      call: byOwner(chain, now, addRemotePool(peer, pool)),
    })),
    ...(used ? remoteStepsInUse(mesh, chain, peer, used) : []),
  ];
}

/** Returns the id of the step that connects a pool to a peer. */
export function remoteId(chain: Pick<MeshChain, "name">, peer: Pick<MeshChain, "name">): string {
  return `${chain.name}/pool/remote ${peer.name}`;
}

function remoteStepsInUse(
  mesh: Mesh,
  chain: MeshChain,
  peer: MeshChain,
  { address, inUse: { owner, remotes } }: UsedPool,
): Step[] {
  const remote = remotes.get(peer.selector);
  // With a different token there are no transfers to or from the peer.
  if (isWired(remote, peer) || (remote && remote.token !== peer.contracts.token)) return [];
  const { pool } = peer.contracts;
  return [
    {
      id: `${chain.name}/pool in use/remote ${peer.name}`,
      chain: chain.name,
      title: `let the pool ${address}, which is still in use, exchange tokens with ${peer.name}`,
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
 * Returns the other pools of a peer from which messages may arrive: the one in use there, and those that the pool
 * in use here still accepts.
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
  const isKnown = (address: string) =>
    known?.token === peer.contracts.token && known.pools.includes(address);
  return there.previousPools
    .map(({ address }) => address)
    .filter((address) => address === used || isKnown(address));
}

/** Returns the steps that remove replaced pools of a peer; they wait for the messages in flight. */
export function oldPoolSteps(chain: MeshChain, peer: MeshChain, now: ChainState): Step[] {
  const remote = now.pool.remotes.get(peer.selector);
  if (remote?.token !== peer.contracts.token) return [];
  return remote.pools
    .filter((address) => address !== peer.contracts.pool)
    .map((old): Step => ({
      id: `${chain.name}/pool/old pool ${old} of ${peer.name}`,
      chain: chain.name,
      title: `take no more messages from the pool ${old} on ${peer.name}`,
      changes: [change("remote pools", poolsText(remote), poolsText(remote, old))],
      status: TO_DO,
      // While the old pool is in use there, every message comes from it; and a new pool at this end takes the old
      // one's address from the pool that it replaces.
      after: [remoteId(chain, peer), openingId(peer), openingId(chain)],
      call: byOwner(
        chain,
        now,
        abi.pool.encodeFunctionData("removeRemotePool", [peer.selector, encodeRemote(old)]),
      ),
      rejects: { ...laneBetween(peer, chain), pool: old },
    }));
}

/** Returns the steps that remove chains that are not in the mesh. */
export function thirdPartySteps(mesh: Mesh, chain: MeshChain, now: ChainState): Step[] {
  return now.pool.thirdParties.map((selector) => {
    const name = chainText(mesh, selector);
    return {
      id: `${chain.name}/pool/unknown chain ${selector}`,
      chain: chain.name,
      title: `stop exchanging tokens with ${name}, which is not in the mesh`,
      changes: [change(`exchanges with ${name}`, "yes", "no")],
      status: TO_DO,
      after: [],
      call: byOwner(chain, now, abi.pool.encodeFunctionData("applyChainUpdates", [[selector], []])),
      rejects: { source: name, destination: chain.name },
    };
  });
}

function addRemotePool(peer: MeshChain, pool: string): string {
  return abi.pool.encodeFunctionData("addRemotePool", [peer.selector, encodeAddress(pool)]);
}

function setUpRemote(
  mesh: Mesh,
  chain: MeshChain,
  peer: MeshChain,
  pools: readonly string[],
  {
    replaces = false,
    isClosed = false,
  }: { readonly replaces?: boolean; readonly isClosed?: boolean },
): string {
  const outbound = outboundLimit(mesh.config, laneBetween(chain, peer));
  return abi.pool.encodeFunctionData("applyChainUpdates", [
    replaces ? [peer.selector] : [],
    [
      {
        remoteChainSelector: peer.selector,
        remotePoolAddresses: pools.map(encodeAddress),
        remoteTokenAddress: encodeAddress(peer.contracts.token),
        outboundRateLimiterConfig: isClosed ? CLOSED : outbound,
        inboundRateLimiterConfig: inboundLimit(mesh.config, laneBetween(peer, chain)),
      },
    ],
  ]);
}

/** Returns whether a pool has the token and the newest pool of a peer. */
export function isWired(remote: RemoteState | undefined, peer: MeshChain): boolean {
  return remote?.token === peer.contracts.token && remote.pools.includes(peer.contracts.pool);
}

function poolsText(remote: RemoteState | undefined, without?: string): string {
  return remote?.pools.filter((pool) => pool !== without).join(", ") || "none";
}

/** Encodes a remote pool as it is stored: an EVM address ABI-encoded, any other value unchanged. */
function encodeRemote(pool: string): string {
  return /^0x[0-9a-fA-F]{40}$/.test(pool) ? encodeAddress(pool) : pool;
}
