import { z } from "zod";
import {
  decodeRevert,
  executedTopics,
  executionState,
  RampJournal,
  readOne,
  released,
} from "ccip-localnet/protocol";
import type { Verification, VerificationSource } from "ccip-localnet/protocol";

import { readCurse, readCurser } from "../ccip/rmn";
import { abi } from "../core/abis";
import type { Mesh } from "../core/mesh/mesh";
import { innermost } from "../core/revert/revert";
import { firstBlockAt, timeOfBlock } from "../rpc/blocks";
import { readLogs } from "../rpc/logs";
import { pinBlock } from "../rpc/pinnedBlock";
import type { PinnedBlock } from "../rpc/pinnedBlock";

import { findCommitment, readSourceLane } from "./commitment";
import type { EnoughGas, ExecutionAttempt, MessageFacts } from "./facts";
import { CLOCK_SKEW_SECONDS } from "./found";
import type { FoundMessage } from "./found";
import { givenResults } from "./givenResults";
import { readPayload } from "./readPayload";
import { enoughGas, gasNeeded, rehearseMessage } from "./simulation";
import type { Rehearsal } from "./tryCall";
import { isFinalized, readVerification } from "./verifiers";

const dynamicConfig = z.object({ permissionLessExecutionThresholdSeconds: z.bigint() });

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
    readSourceLane(destination, pinnedBlock, message.sourceSelector),
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
  const attempts =
    state === "untouched" ? [] : await readAttempts(found, sentAt, pinnedBlock.blockNumber);
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
    rehearsal && findEnoughGas(found, pinnedBlock, rehearsal, results),
    results && gasNeeded(found, pinnedBlock, {}, results),
  ]);
  const { name, live, token } = mesh.config;
  return {
    mesh: { name, live, symbol: token.symbol },
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
  pinnedBlock: PinnedBlock,
): Promise<bigint | undefined> {
  const commitment = await findCommitment(found, pinnedBlock.blockNumber);
  return (
    commitment &&
    readOne(
      pinnedBlock,
      { address: found.destination.ccip.offRamp, interface: released("offRamp").interface },
      "getMerkleRoot",
      [commitment.sourceSelector, commitment.merkleRoot],
      z.bigint(),
    )
  );
}

/** Reads the execution attempts of a message, by its indexed id. */
async function readAttempts(
  { message, destination }: FoundMessage,
  sentAt: bigint,
  latest: number,
): Promise<ExecutionAttempt[]> {
  const { provider, ccip, deployedAt = 0 } = destination;
  const read = (fromBlock: number, toBlock: number) =>
    readLogs(provider, {
      address: ccip.offRamp,
      topics: [executedTopics()[message.version], null, null, message.messageId],
      fromBlock,
      toBlock,
    });
  const fromBlock = await firstBlockAt(provider, sentAt - CLOCK_SKEW_SECONDS, {
    fromBlock: deployedAt,
    toBlock: latest,
  });
  const recent = await read(fromBlock, latest);
  const logs =
    recent.length > 0 || fromBlock <= deployedAt ? recent : await read(deployedAt, fromBlock);
  return Promise.all(
    logs.map(async (log) => {
      const [execution] = new RampJournal(destination).add([log]).executed;
      if (!execution) throw new Error(`${log.transactionHash} holds no execution.`);
      const { state, returnData, gasUsed, transactionHash } = execution;
      const [at, sent] = await Promise.all([
        timeOfBlock(provider, log.blockNumber),
        provider.getTransaction(transactionHash),
      ]);
      const sender = sent && { from: sent.from, gasLimit: sent.gasLimit };
      return { state, returnData, gasUsed, transactionHash, at, ...sender };
    }),
  );
}

/** Finds a sufficient gas limit, of the pool or the receiver, for an execution that reverts without data. */
async function findEnoughGas(
  found: FoundMessage,
  pinnedBlock: PinnedBlock,
  rehearsal: Rehearsal,
  results: readonly Verification[] | undefined,
): Promise<EnoughGas | undefined> {
  if (rehearsal.outcome === "success") return undefined;
  const revert = decodeRevert(rehearsal.returnData, Object.values(abi));
  if (innermost(revert).name !== "empty") return undefined;
  const { message } = found;
  if (revert.name === "ReceiverError") {
    const receiverGas = await enoughGas(message.gasLimit, (gas) =>
      rehearseMessage(found, pinnedBlock, { receiverGas: gas }, results),
    );
    return receiverGas === undefined ? undefined : { receiverGas };
  }
  const least = message.tokens.reduce(
    (most, { destinationGas }) => (destinationGas > most ? destinationGas : most),
    0n,
  );
  // CCIP 2.0 does not limit a pool's gas.
  if (revert.name !== "TokenHandlingError" || message.version === "2.0") return undefined;
  const tokenGas = await enoughGas(least, (gas) =>
    rehearseMessage(found, pinnedBlock, { tokenGas: message.tokens.map(() => gas) }),
  );
  return tokenGas === undefined ? undefined : { tokenGas };
}
