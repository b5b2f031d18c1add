import { z } from "zod";
import {
  decodeExecution,
  executedTopics,
  executionState,
  readOne,
  released,
} from "ccip-localnet/protocol";
import type { VerificationSource } from "ccip-localnet/protocol";

import { readCurse, readCurser } from "../ccip/rmn";
import { firstPossibleBlock } from "../ccip/stage";
import type { Mesh } from "../core/mesh/mesh";
import { meshNames } from "../core/reasons/reason";
import { timeOfBlock } from "../rpc/blocks";
import { readLogs } from "../rpc/logs";
import { pinBlock } from "../rpc/pinned";
import type { PinnedChain } from "../rpc/pinned";

import type { ExecutionAttempt, MessageFacts } from "./facts";
import type { FoundMessage } from "./found";
import { givenResults } from "./givenResults";
import { findCommitment } from "./manualCall";
import { readPayload } from "./readPayload";
import { enoughGas, gasNeeded, rehearseMessage } from "./simulation";
import { isFinalized, readVerification } from "./verifiers";

const dynamicConfig = z.object({ permissionLessExecutionThresholdSeconds: z.bigint() });
/** CCIP 2.0 has no roots: nothing is committed there. */
const sourceConfig = z.object({ isEnabled: z.boolean(), minSeqNr: z.bigint().default(0n) });

/**
 * Reads the facts of a message at one block of its destination.
 * @param published the source of published verifier results.
 */
export async function readFacts(
  mesh: Mesh,
  found: FoundMessage,
  published?: VerificationSource,
): Promise<MessageFacts> {
  const { message, source, destination } = found;
  const pinnedBlock = await pinBlock(mesh, destination);
  const offRamp = {
    address: destination.ccip.offRamp,
    interface: released("offRamp", message.version).interface,
  };
  const { rmnProxy, router } = destination.ccip;
  const [sentAt, state, lane, dynamic, cursed, sourceCurse, isNamed] = await Promise.all([
    timeOfBlock(source.provider, message.blockNumber),
    executionState({ provider: pinnedBlock, ccip: destination.ccip }, message),
    readOne(pinnedBlock, offRamp, "getSourceChainConfig", [source.selector], sourceConfig),
    message.version === "1.6"
      ? readOne(pinnedBlock, offRamp, "getDynamicConfig", [], dynamicConfig)
      : undefined,
    readCurse(pinnedBlock, rmnProxy, source.selector),
    readCurse(source.provider, source.ccip.rmnProxy, destination.selector),
    readOne(
      pinnedBlock,
      { address: router, interface: released("router").interface },
      "isOffRamp",
      [source.selector, offRamp.address],
      z.boolean(),
    ),
  ]);
  const isCommitted = lane.minSeqNr > message.sequenceNumber;
  const isDone = state === "success";
  const attempts = state === "untouched" ? [] : await readAttempts(found, pinnedBlock.blockNumber);
  const hashes = attempts.map(({ transactionHash }) => transactionHash);
  const verification =
    message.version === "2.0" && !isDone
      ? await readVerification(
          message,
          pinnedBlock,
          published,
          await givenResults(message, destination.provider, hashes),
        )
      : undefined;
  const results = verification?.isVerified ? verification.results : undefined;
  const [committedAt, owner, rehearsal, isFinal, payload] = await Promise.all([
    // The commit time matters while only CCIP may execute the message.
    isCommitted && state === "untouched" ? commitTime(found, pinnedBlock) : undefined,
    cursed ? readCurser(pinnedBlock, rmnProxy) : undefined,
    isDone ? undefined : rehearseMessage(found, pinnedBlock, {}, results),
    // The verifiers of a local network do not wait for finality.
    message.version === "2.0" && mesh.config.live && !isDone
      ? isFinalized(message, source.provider)
      : undefined,
    readPayload(mesh, found, pinnedBlock, attempts),
  ]);
  const [enough, needed] = await Promise.all([
    rehearsal?.outcome === "refused"
      ? enoughGas(found, pinnedBlock, rehearsal.returnData, results)
      : undefined,
    results && gasNeeded(found, pinnedBlock, {}, results),
  ]);
  return {
    mesh: meshNames(mesh.config),
    message,
    source: source.name,
    destination: destination.name,
    sentAt,
    now: pinnedBlock.timestamp,
    blockNumber: pinnedBlock.blockNumber,
    state,
    isCommitted,
    committedAt,
    thresholdSeconds: dynamic?.permissionLessExecutionThresholdSeconds ?? 0n,
    verification: verification && { ...verification, isFinal },
    attempts,
    curse: cursed && owner !== undefined ? { what: cursed, owner } : undefined,
    sourceCurse,
    isLaneEnabled: lane.isEnabled,
    offRamp: { address: offRamp.address, isNamed },
    payload,
    rehearsal,
    gasNeeded: needed,
    enough,
  };
}

/** Returns the commit time of a message, unix seconds; undefined when the commit is not found. */
async function commitTime(
  found: FoundMessage,
  pinnedBlock: PinnedChain,
): Promise<bigint | undefined> {
  const commitment = await findCommitment(found, pinnedBlock.blockNumber);
  if (!commitment) return undefined;
  const { sourceSelector, merkleRoot } = commitment;
  const { offRamp: address } = found.destination.ccip;
  const offRamp = { address, interface: released("offRamp").interface };
  const args = [sourceSelector, merkleRoot];
  return readOne(pinnedBlock, offRamp, "getMerkleRoot", args, z.bigint());
}

/** Reads the execution attempts of a message, by its indexed id. */
async function readAttempts(
  { message, source, destination }: FoundMessage,
  latest: number,
): Promise<ExecutionAttempt[]> {
  const { provider, ccip } = destination;
  const logs = await readLogs(provider, {
    address: ccip.offRamp,
    topics: [executedTopics()[message.version], null, null, message.messageId],
    fromBlock: await firstPossibleBlock({ source, destination }, message, latest),
    toBlock: latest,
  });
  return Promise.all(
    logs.map(async (log) => {
      const { state, returnData, gasUsed, transactionHash } = decodeExecution(log);
      const [at, sent] = await Promise.all([
        timeOfBlock(provider, log.blockNumber),
        provider.getTransaction(transactionHash),
      ]);
      const sender = sent && { from: sent.from, gasLimit: sent.gasLimit };
      return { state, returnData, gasUsed, transactionHash, at, ...sender };
    }),
  );
}
