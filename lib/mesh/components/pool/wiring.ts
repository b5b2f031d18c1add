import { ZeroAddress } from "ethers";
import { encodeAddress } from "ccip-localnet/protocol";

import { abi } from "../../../core/abis";
import { CLOSED } from "../../../core/mesh/limit";
import type { MeshChain } from "../../../core/mesh/mesh";
import { otherEnd } from "../../planned";
import type { PlannedChain, PlannedLane } from "../../planned";
import type { Call, Step } from "../../step";
import { call, chainText, change, stepOn, when, who } from "../../stepBuilders";
import { GENERATION, laneVersionId } from "../drift";
import { poolAdminsOf } from "../grants";
import { openingId } from "../registry";
import { releaseIds } from "./contained";
import { generation1 } from "./contract";
import { isAhead, poolInUse } from "./inUse";
import type { RemoteState } from "./state";

/** Returns a call to the newest pool of a chain by its owner. */
export function byOwner({ chain, now }: PlannedChain, data: string): Call {
  return call(now.pool.owner, "owner of the pool", chain.contracts.pool, data);
}

/** Returns the steps for the settings of all lanes of a pool. */
export function configSteps(at: PlannedChain): Step[] {
  const { mesh, chain, now } = at;
  const { pool } = now;
  const { router } = chain.ccip;
  const { rateLimitAdmin: admin, feeAdmin } = poolAdminsOf(mesh, chain);
  const newRouter = change("router", pool.router, router);
  const newAdmin = change("rate limit admin", who(pool.rateLimitAdmin), admin);
  if (pool.generation === 1) {
    return [
      stepOn(chain, "pool/router", {
        title: "set the pool's router",
        changes: [newRouter],
        call: byOwner(at, generation1.encodeFunctionData("setRouter", [router])),
      }),
      stepOn(chain, "pool/rate limit admin", {
        title: "set the pool's rate limit admin",
        changes: [newAdmin],
        call: byOwner(at, generation1.encodeFunctionData("setRateLimitAdmin", [admin])),
      }),
    ];
  }
  const data = abi.pool.encodeFunctionData("setDynamicConfig", [
    router,
    admin,
    feeAdmin ?? ZeroAddress,
  ]);
  return [
    stepOn(chain, "pool/config", {
      title: "set the pool's router, rate limit admin and fee admin",
      changes: [newRouter, newAdmin, change("fee admin", who(pool.feeAdmin), who(feeAdmin))],
      call: byOwner(at, data),
    }),
  ];
}

/**
 * Returns the steps that add the token of a peer, and every pool there whose messages may arrive, to a pool; and
 * the peer's newest pool to the pool that it replaces, while that one is in use.
 */
export function remoteSteps(lane: PlannedLane): Step[] {
  const { chain, peer, remote } = lane;
  const { token, pool } = peer.contracts;
  const others = otherPools(lane);
  const known = poolsText(remote);
  // Another pool of a known token is added; a chain with a different token has to be set up again.
  const adds = remote?.token === token;
  const missing = others.filter((other) => adds && !remote.pools.includes(other));
  const pools = [pool, ...others];
  return [
    stepOn(chain, `pool/remote ${peer.name}`, {
      title: `let the pool exchange tokens with ${peer.name}`,
      changes: [
        change("remote token", who(remote?.token), token),
        change("remote pools", known, adds ? `${known}, ${pool}` : pools.join(", ")),
      ],
      status: when(isWired(remote, peer)),
      after: releaseIds(lane),
      call: byOwner(
        lane,
        adds ? addRemotePool(peer, pool) : setUpRemote(lane, pools, remote && [peer.selector]),
      ),
      ...(remote && !adds && { rejects: lane.back }),
    }),
    ...missing.map((other) =>
      stepOn(chain, `pool/remote ${peer.name} ${other}`, {
        title: `let the pool take messages that ${peer.name} sent through ${other}, which is replaced there`,
        changes: [change("remote pools", known, `${known}, ${other}`)],
        call: byOwner(lane, addRemotePool(peer, other)),
      }),
    ),
    ...remoteStepsInUse(lane),
  ];
}

/** Returns the id of the step that connects a pool to a peer. */
export function remoteId(chain: Pick<MeshChain, "name">, peer: Pick<MeshChain, "name">): string {
  return `${chain.name}/pool/remote ${peer.name}`;
}

function remoteStepsInUse(lane: PlannedLane): Step[] {
  const { chain, peer } = lane;
  const used = poolInUse(lane);
  if (!used) return [];
  const { address, inUse } = used;
  const remote = inUse.remotes.get(peer.selector);
  // With a different token there are no transfers to or from the peer.
  if (isWired(remote, peer) || (remote && remote.token !== peer.contracts.token)) return [];
  const { pool } = peer.contracts;
  const data = remote ? addRemotePool(peer, pool) : setUpRemote(lane, [pool]);
  return [
    stepOn(chain, `pool in use/remote ${peer.name}`, {
      title: `let the pool ${address}, which is still in use, exchange tokens with ${peer.name}`,
      changes: [
        change("remote pools", poolsText(remote), remote ? `${poolsText(remote)}, ${pool}` : pool),
      ],
      call: call(inUse.owner, "owner of the pool in use", address, data),
    }),
  ];
}

/** Returns the other pools of a peer whose messages may arrive: the one in use there, and those accepted here. */
function otherPools(lane: PlannedLane): string[] {
  const { peer } = lane;
  const other = otherEnd(lane);
  if (!other) return [];
  const used = poolInUse(other)?.address;
  const known = poolInUse(lane)?.inUse.remotes.get(peer.selector);
  const accepted = known?.token === peer.contracts.token ? known.pools : [];
  return other.now.previousPools
    .map(({ address }) => address)
    .filter((address) => address === used || accepted.includes(address));
}

/**
 * Returns the ids of the steps that require manual work before messages with other finality or verifiers may leave
 * for a peer: CCIP 2.0 on that lane, and a generation 2 pool at both ends.
 */
export function laneDriftIds({ chain, now, peer, there }: PlannedLane): string[] {
  const own = now.drift.filter(({ id }) => [laneVersionId(peer), GENERATION].includes(id));
  const others = there?.drift.filter(({ id }) => id === GENERATION) ?? [];
  return [
    ...own.map(({ id }) => `${chain.name}/${id}`),
    ...others.map(({ id }) => `${peer.name}/${id}`),
  ];
}

/** Returns the steps that remove replaced pools of a peer; they wait for the messages in flight. */
export function oldPoolSteps(lane: PlannedLane): Step[] {
  const { chain, peer, remote } = lane;
  if (remote?.token !== peer.contracts.token) return [];
  return remote.pools
    .filter((address) => address !== peer.contracts.pool)
    .map((old) =>
      stepOn(chain, `pool/old pool ${old} of ${peer.name}`, {
        title: `take no more messages from the pool ${old} on ${peer.name}`,
        changes: [change("remote pools", poolsText(remote), poolsText(remote, old))],
        // While the old pool is in use there, every message comes from it; and a new pool at this end takes the
        // old one's address from the pool that it replaces.
        after: [remoteId(chain, peer), openingId(peer), openingId(chain)],
        call: byOwner(
          lane,
          abi.pool.encodeFunctionData("removeRemotePool", [peer.selector, encodeRemote(old)]),
        ),
        rejects: { ...lane.back, pool: old },
      }),
    );
}

/** Returns the steps that remove chains that are not in the mesh. */
export function thirdPartySteps(at: PlannedChain): Step[] {
  const { mesh, chain, now } = at;
  return now.pool.thirdParties.map((selector) => {
    const name = chainText(mesh, selector);
    return stepOn(chain, `pool/unknown chain ${selector}`, {
      title: `stop exchanging tokens with ${name}, which is not in the mesh`,
      changes: [change(`exchanges with ${name}`, "yes", "no")],
      call: byOwner(at, abi.pool.encodeFunctionData("applyChainUpdates", [[selector], []])),
      rejects: { source: name, destination: chain.name },
    });
  });
}

function addRemotePool(peer: MeshChain, pool: string): string {
  return abi.pool.encodeFunctionData("addRemotePool", [peer.selector, encodeAddress(pool)]);
}

/** Encodes the call that sets up a peer in place of some chains, closed towards it while only this chain is open. */
function setUpRemote(lane: PlannedLane, pools: readonly string[], removed: bigint[] = []): string {
  const { peer, wanted } = lane;
  return abi.pool.encodeFunctionData("applyChainUpdates", [
    removed,
    [
      {
        remoteChainSelector: peer.selector,
        remotePoolAddresses: pools.map(encodeAddress),
        remoteTokenAddress: encodeAddress(peer.contracts.token),
        outboundRateLimiterConfig: isAhead(lane) ? CLOSED : wanted.outbound,
        inboundRateLimiterConfig: wanted.inbound,
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
