import { ZeroHash, id as hash } from "ethers";
import { z } from "zod";
import { decodeEvent } from "ccip-localnet/protocol";

import { operationId } from "../../../ccip/proposalData";
import { abi, contractAt } from "../../../core/abis";
import type { MeshChain } from "../../../core/mesh/mesh";
import type { LogReading } from "../../../rpc/logCache";
import { readProvenLogs } from "../../../rpc/newestBlocks";
import type { PinnedChain } from "../../../rpc/pinned";
import type { Call } from "../../step";

/** A batch of calls that a timelock executes, and its status. */
export interface Operation {
  /** Targets, values in wei, payloads, predecessor and salt. */
  readonly batch: [string[], bigint[], string[], string, string];
  readonly state: (typeof STATES)[number];
  /** Earliest execution time, unix seconds; 0 before it is proposed. */
  readonly readyAt: bigint;
}

const STATES = ["unset", "waiting", "ready", "done"] as const;

/** Reads the state of an operation of a timelock, and its earliest execution time, unix seconds. */
export async function readOperationState(
  { contracts }: MeshChain,
  pinned: PinnedChain,
  id: string,
): Promise<Pick<Operation, "state" | "readyAt">> {
  const timelock = contractAt.timelock(contracts.timelock, pinned);
  const [state, readyAt] = await Promise.all([
    timelock.getOperationState(id),
    timelock.getTimestamp(id),
  ]);
  return { state: STATES[Number(state) as 0 | 1 | 2 | 3], readyAt };
}

/** A proposal to a timelock that was neither executed nor cancelled. */
export interface PendingProposal {
  /** The id of the operation. */
  readonly id: string;
  readonly calls: readonly {
    readonly target: string;
    /** Native value in wei. */
    readonly value: bigint;
    readonly data: string;
  }[];
  /** Earliest execution time, unix seconds; proposers may choose a value beyond any valid date. */
  readonly readyAt: bigint;
  readonly predecessor: string;
  readonly salt: string;
}

/**
 * Reads the next operation of a timelock that makes some calls: it executes each only once, so equal ones are numbered.
 * @param name text that distinguishes it from other operations.
 */
export async function readOperation(
  chain: MeshChain,
  pinned: PinnedChain,
  calls: readonly Pick<Call, "to" | "value" | "data">[],
  name: string,
): Promise<Operation> {
  const targets = calls.map(({ to }) => to);
  const values = calls.map(({ value }) => value);
  const payloads = calls.map(({ data }) => data);
  for (let number = 0; ; number++) {
    const salt = hash(`${name} ${number}`);
    const batch: Operation["batch"] = [targets, values, payloads, ZeroHash, salt];
    const { state, readyAt } = await readOperationState(chain, pinned, operationId(batch));
    if (state !== "done") return { batch, state, readyAt };
  }
}

/** Returns the id of the operation that a call to a timelock executes; undefined for any other call. */
export function executedOperation({ data }: Pick<Call, "data">): string | undefined {
  const call = abi.timelock.parseTransaction({ data });
  return call?.name === "executeBatch" ? operationId([...call.args]) : undefined;
}

const TOPICS = (["CallScheduled", "CallSalt", "CallExecuted", "Cancelled"] as const).map(
  (event) => abi.timelock.getEvent(event).topicHash,
);

const scheduledEvent = z.object({
  id: z.string(),
  target: z.string(),
  value: z.bigint(),
  data: z.string(),
  predecessor: z.string(),
});

const saltEvent = z.object({ id: z.string(), salt: z.string() });

/** Reads every proposal to a chain's timelock, by any proposer, that may still be executed. */
export async function readPending(
  { name, chainId, contracts, deployedAt = 0 }: MeshChain,
  pinned: PinnedChain,
  reading: LogReading,
): Promise<PendingProposal[]> {
  const range = {
    address: contracts.timelock,
    topics: [TOPICS],
    fromBlock: deployedAt,
    toBlock: pinned.blockNumber,
  };
  const key = `${chainId}-operations-${contracts.timelock}`;
  const logs = await readProvenLogs(name, pinned, range, { ...reading, key });
  const proposed = new Map<string, Omit<PendingProposal, "id" | "readyAt">>();
  for (const log of logs) {
    if (log.topics[0] === TOPICS[0]) {
      const event = decodeEvent(abi.timelock, "CallScheduled", log, scheduledEvent);
      const { id, predecessor, ...call } = event;
      const { calls = [], salt = ZeroHash } = proposed.get(id) ?? {};
      proposed.set(id, { calls: [...calls, call], predecessor, salt });
    } else if (log.topics[0] === TOPICS[1]) {
      const { id, salt } = decodeEvent(abi.timelock, "CallSalt", log, saltEvent);
      const known = proposed.get(id);
      if (known) proposed.set(id, { ...known, salt });
    } else {
      // A cancelled operation may be proposed again.
      proposed.delete(log.topics[1] ?? "");
    }
  }
  const timelock = contractAt.timelock(contracts.timelock, pinned);
  const pending = [...proposed].map(async ([id, operation]) => {
    return { id, ...operation, readyAt: await timelock.getTimestamp(id) };
  });
  // An executed operation has the time 1, an unknown one 0.
  return (await Promise.all(pending)).filter(({ readyAt }) => readyAt > 1n);
}
