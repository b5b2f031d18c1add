import { RebaseToken__factory } from "../../typechain-types";
import { RampJournal } from "../ccip/journal";
import { chainsOf } from "../mesh/mesh";
import type { Mesh, MeshChain } from "../mesh/mesh";

import { sharesInFlight } from "./inFlight";
import type { ShareMessage } from "./inFlight";

/** The shares of a mesh, counted: on chains from their totals, in flight message by message. */
export interface SupplyAudit {
  /** What home has issued and not redeemed. */
  readonly issuedShares: bigint;
  /** On each chain, home first. */
  readonly chains: readonly { readonly chain: string; readonly totalShares: bigint }[];
  /** Sent and not executed with success, oldest first on each lane. */
  readonly inFlight: readonly ShareMessage[];
  readonly sharesInFlight: bigint;
  /** issuedShares - shares on chains - shares in flight: zero, or something is wrong. */
  readonly difference: bigint;
}

/**
 * Audits conservation. The chains are read at their latest blocks; while messages are being executed
 * the reads may straddle one, so nothing should be under way.
 */
export async function auditSupply(mesh: Mesh): Promise<SupplyAudit> {
  const chains = chainsOf(mesh);
  const token = (chain: MeshChain) =>
    RebaseToken__factory.connect(chain.contracts.token, chain.provider);
  const [issuedShares, totals, inFlight] = await Promise.all([
    token(mesh.home).issuedShares(),
    Promise.all(chains.map((chain) => token(chain).totalShares())),
    readSharesInFlight(chains),
  ]);
  const onChains = totals.reduce((sum, shares) => sum + shares, 0n);
  const flying = inFlight.reduce((sum, { shares }) => sum + shares, 0n);
  return {
    issuedShares,
    chains: chains.map(({ name }, i) => ({ chain: name, totalShares: totals[i] ?? 0n })),
    inFlight,
    sharesInFlight: flying,
    difference: issuedShares - onChains - flying,
  };
}

async function readSharesInFlight(chains: readonly MeshChain[]): Promise<ShareMessage[]> {
  const journals = new Map(chains.map((chain) => [chain.selector, new RampJournal(chain)]));
  await Promise.all([...journals.values()].map((journal) => journal.refresh()));
  return sharesInFlight(chains, journals);
}
