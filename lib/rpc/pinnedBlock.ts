import type { Mesh, MeshChain } from "../core/mesh/mesh";
import { pinLatest } from "./pinned";
import type { PinnedChain } from "./pinned";

/** A chain that was pinned by {@link pinBlock}: events are read up to its block. */
export type PinnedBlock = PinnedChain;

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
  return { ...pinned, timestamp: BigInt(await call({ data: RETURN_TIMESTAMP })), call };
}

/** TIMESTAMP PUSH1 0 MSTORE PUSH1 32 PUSH1 0 RETURN: a call sees the time of its block. */
const RETURN_TIMESTAMP = "0x4260005260206000f3";
