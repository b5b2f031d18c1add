import { AbiCoder, keccak256 } from "ethers";
import { z } from "zod";
import { decodeEvent } from "ccip-localnet/protocol";

import { readLogsThrough } from "../rpc/logCache";
import type { LogStore } from "../rpc/logs";
import type { PinnedChain } from "../rpc/pinned";

import { abi, contractAt } from "../core/abis";
import type { MeshChain } from "../core/mesh/mesh";
import type { Call } from "./step";

/** Calls that a timelock was asked to make, and has neither made nor been told to forget. */
export interface PendingProposal {
  /** The id of the operation. */
  readonly id: string;
  readonly calls: readonly {
    readonly target: string;
    /** Native value in wei. */
    readonly value: bigint;
    readonly data: string;
  }[];
  /** When it may be executed, unix seconds; nobody keeps it from lying beyond any date. */
  readonly readyAt: bigint;
}

const SCHEDULED = abi.timelock.getEvent("CallScheduled").topicHash;

const scheduledEvent = z.object({
  id: z.string(),
  target: z.string(),
  value: z.bigint(),
  data: z.string(),
});

/** What the timelock says of an operation that was executed; of one that nobody proposed it says 0. */
const DONE = 1n;

/** Everything that was proposed to a chain's timelock by anybody and may still be executed. */
export async function readPending(
  chain: MeshChain,
  pinned: PinnedChain,
  store?: LogStore,
): Promise<PendingProposal[]> {
  const { chainId, contracts, provider, deployedAt = 0 } = chain;
  const ended = (["CallExecuted", "Cancelled"] as const).map(
    (event) => abi.timelock.getEvent(event).topicHash,
  );
  const logs = await readLogsThrough(
    provider,
    {
      address: contracts.timelock,
      topics: [[SCHEDULED, ...ended]],
      fromBlock: deployedAt,
      toBlock: pinned.blockNumber,
    },
    { store, key: `${chainId}-proposals-${contracts.timelock}` },
  );
  const proposed = new Map<string, PendingProposal["calls"]>();
  for (const log of logs) {
    if (log.topics[0] === SCHEDULED) {
      const { id, ...call } = decodeEvent(abi.timelock, "CallScheduled", log, scheduledEvent);
      proposed.set(id, [...(proposed.get(id) ?? []), call]);
    } else {
      // What was cancelled may be proposed again.
      proposed.delete(log.topics[1] ?? "");
    }
  }
  const timelock = contractAt.timelock(contracts.timelock, pinned);
  const pending = await Promise.all(
    [...proposed].map(async ([id, calls]) => ({
      id,
      calls,
      readyAt: await timelock.getTimestamp(id),
    })),
  );
  return pending.filter(({ readyAt }) => readyAt > DONE);
}

/** The id of the operation that a call to a timelock executes; undefined of any other call. */
export function executedOperation({ data }: Pick<Call, "data">): string | undefined {
  const call = abi.timelock.parseTransaction({ data });
  if (call?.name !== "execute" && call?.name !== "executeBatch") return undefined;
  return keccak256(
    AbiCoder.defaultAbiCoder().encode(
      call.name === "execute"
        ? ["address", "uint256", "bytes", "bytes32", "bytes32"]
        : ["address[]", "uint256[]", "bytes[]", "bytes32", "bytes32"],
      [...call.args],
    ),
  );
}
