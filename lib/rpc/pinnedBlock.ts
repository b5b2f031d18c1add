import type { ContractRunner, Provider } from "ethers";

import type { Mesh, MeshChain } from "../core/mesh/mesh";
import { pinLatest } from "./pinned";

/** A chain as it is now: everything called through it sees the same moment. */
export interface PinnedBlock extends ContractRunner {
  readonly provider: Provider;
  /** The latest block: events are read up to it. */
  readonly blockNumber: number;
  /** Unix seconds. */
  readonly timestamp: bigint;
  call: Provider["call"];
}

/**
 * Pins the state that a transaction would find now. A live chain has a block every few seconds, and its latest one is
 * read; a local one may have had none for an hour, so calls run in the pending block.
 */
export async function pinBlock(
  { config }: Pick<Mesh, "config">,
  { name, provider }: MeshChain,
): Promise<PinnedBlock> {
  const pinned = await pinLatest(name, provider);
  if (config.live) return pinned;
  const call: PinnedBlock["call"] = (request) => provider.call({ ...request, blockTag: "pending" });
  return {
    provider,
    blockNumber: pinned.blockNumber,
    timestamp: BigInt(await call({ data: RETURN_TIMESTAMP })),
    call,
  };
}

/** TIMESTAMP PUSH1 0 MSTORE PUSH1 32 PUSH1 0 RETURN: a call sees the time of its block. */
const RETURN_TIMESTAMP = "0x4260005260206000f3";
