import { RampLanes } from "../../../ccip/ramps";
import { contractAt } from "../../../core/abis";
import { laneKey } from "../../../core/mesh/limit";
import { peersOf } from "../../../core/mesh/mesh";
import type { Mesh, MeshChain } from "../../../core/mesh/mesh";
import type { PinnedChain } from "../../../rpc/pinned";
import { fact } from "../../drift";
import type { Drift } from "../../drift";
import { readPoolGeneration } from "./contract";

/** Id of the drift of a generation 1 pool on a lane that declares finality or verifiers. */
const GENERATION = "pool/generation";

/** Returns the id of the drift of a lane whose CCIP version supports neither finality nor verifiers. */
function laneVersionId(peer: Pick<MeshChain, "name">): string {
  return `lane to ${peer.name}/CCIP version`;
}

/** Compares the pool's immutable addresses, and its generation and CCIP's version with the lanes' requirements. */
export async function poolDrift(
  mesh: Mesh,
  chain: MeshChain,
  pinned: PinnedChain,
): Promise<Drift[]> {
  const { contracts, ccip } = chain;
  const pool = contractAt.pool(contracts.pool, pinned);
  const [token, rmnProxy, lanes] = await Promise.all([
    pool.getToken(),
    pool.getRmnProxy(),
    laneDrift(mesh, chain, pinned),
  ]);
  const again = "deploy another pool and put it in its place";
  return [
    fact("pool/token", token, contracts.token, again),
    fact("pool/RMN proxy", rmnProxy, ccip.rmnProxy, again),
    ...lanes,
  ];
}

async function laneDrift(mesh: Mesh, chain: MeshChain, pinned: PinnedChain): Promise<Drift[]> {
  const { fast = {}, verifiers = {} } = mesh.config.lanes;
  const isDeclared = (source: MeshChain, destination: MeshChain) => {
    const key = laneKey({ source: source.name, destination: destination.name });
    return key in fast || key in verifiers;
  };
  const peers = peersOf(mesh, chain);
  const outgoing = peers.filter((peer) => isDeclared(chain, peer));
  if (outgoing.length === 0 && !peers.some((peer) => isDeclared(peer, chain))) return [];
  const remove = "remove the lane from lanes.fast and lanes.verifiers of the mesh file";
  const ramps = new RampLanes<MeshChain>();
  const [generation, versions] = await Promise.all([
    readPoolGeneration(pinned, chain.contracts.pool),
    Promise.all(outgoing.map((peer) => ramps.versionTo(chain, peer.selector))),
  ]);
  return [
    fact(GENERATION, String(generation), "2", `replace the pool first, or ${remove}`),
    ...outgoing.map((peer, i) =>
      fact(
        laneVersionId(peer),
        versions[i] ?? "none",
        "2.0",
        `CCIP 1.6 supports neither: ${remove}, until CCIP has moved it`,
      ),
    ),
  ];
}

/**
 * Returns the ids of the steps that require manual work before messages with other finality or verifiers may leave
 * for a peer: CCIP 2.0 on that lane, and a generation 2 pool at both ends.
 */
export function laneDriftIds(
  chain: Pick<MeshChain, "name">,
  now: { readonly drift: readonly Drift[] },
  peer: Pick<MeshChain, "name">,
  there: { readonly drift: readonly Drift[] } | undefined,
): string[] {
  const own = now.drift.filter(({ id }) => [laneVersionId(peer), GENERATION].includes(id));
  const others = there?.drift.filter(({ id }) => id === GENERATION) ?? [];
  return [
    ...own.map(({ id }) => `${chain.name}/${id}`),
    ...others.map(({ id }) => `${peer.name}/${id}`),
  ];
}
