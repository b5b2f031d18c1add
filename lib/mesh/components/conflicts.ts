import { z } from "zod";
import { decodeEvent } from "ccip-localnet/protocol";

import { abi, contractAt } from "../../core/abis";
import type { Mesh, MeshChain } from "../../core/mesh/mesh";
import { command } from "../../core/recovery";
import { timeOfBlock } from "../../rpc/blocks";
import type { LogReading } from "../../rpc/logCache";
import { readProvenLogs } from "../../rpc/newestBlocks";
import { pinAt } from "../../rpc/pinned";
import type { Drift } from "../drift";
import type { ChainState } from "../state";

const CONFLICTED = abi.receiver.getEvent("BroadcastConflicted").topicHash;
const conflictedEvent = z.object({ epoch: z.bigint(), messageId: z.string() });

/**
 * Reads the messages that brought another index for the epoch of a satellite, or for the epoch that it holds back: an
 * honest home never sends two. They count until a newer epoch or a new generation begins.
 */
export async function readConflicts(
  { config }: Mesh,
  chain: MeshChain,
  now: ChainState,
  reading: LogReading,
): Promise<Drift[]> {
  if (chain.role === "home" || now.role === "home") return [];
  const { name, chainId, provider, contracts, deployedAt = 0 } = chain;
  const pinned = await pinAt(name, provider, now.blockNumber);
  const range = {
    address: contracts.receiver,
    topics: [CONFLICTED],
    fromBlock: deployedAt,
    toBlock: now.blockNumber,
  };
  const key = `${chainId}-conflicts-${contracts.receiver}`;
  const logs = await readProvenLogs(name, pinned, range, { ...reading, key });
  const epochs = [now.token.epoch, now.receiver.circuitBreaker.quarantined?.epoch];
  const conflicting = logs
    .map((log) => ({
      ...decodeEvent(abi.receiver, "BroadcastConflicted", log, conflictedEvent),
      log,
    }))
    .filter(({ epoch }) => epochs.includes(epoch));
  if (conflicting.length === 0) return [];
  const [, resyncedAt] = await contractAt.token(contracts.token, pinned).generation();
  const times = await Promise.all(
    conflicting.map(({ log }) => timeOfBlock(provider, log.blockNumber, name)),
  );
  const counting = conflicting.filter((_, i) => (times[i] ?? 0n) > resyncedAt);
  if (counting.length === 0) return [];
  const pause = command("token pause", { chain: name, mesh: config.name });
  return [
    {
      id: "receiver/conflict",
      found: counting
        .map(({ epoch, messageId }) => `another index for epoch ${epoch} in message ${messageId}`)
        .join(", "),
      expected: "none",
      recovery: `an honest home has one index for an epoch: the broadcaster, the lane or CCIP was taken over. Until it is known which index is true, "${pause}"; it is reported until a newer epoch arrives`,
    },
  ];
}
