import { toBeHex } from "ethers";
import {
  decodeMessage,
  manualExecution,
  MESSAGE_SENT,
  RampJournal,
  released,
  topicOf,
  verifiedExecution,
} from "ccip-localnet/protocol";
import type {
  Commitment,
  GasOverrides,
  ManualCall,
  Message,
  Verification,
} from "ccip-localnet/protocol";

import { firstPossibleBlock } from "../ccip/stage";
import { OperatorError } from "../core/errors";
import { readLogs } from "../rpc/logs";
import { searchForward } from "../rpc/search";

import type { FoundMessage } from "./found";

/**
 * Returns the call of a manual execution: in CCIP 1.6 with its proof, rebuilt from the events of both chains, in
 * 2.0 with the results of its verifiers.
 * @throws when a message of CCIP 1.6 is not committed.
 */
export async function manualCall(
  found: FoundMessage,
  latest: number,
  overrides: GasOverrides = {},
  verifications: readonly Verification[] = [],
): Promise<ManualCall> {
  const { message, source, destination } = found;
  if (message.version === "2.0") return verifiedExecution(message, verifications, overrides);
  const commitment = await findCommitment(found, latest);
  if (!commitment) {
    throw new OperatorError(
      "EXECUTION_REFUSED",
      `Message ${message.messageId} is not committed on ${destination.name} yet: wait for the DON.`,
    );
  }
  const messages = await findBatch(found, commitment);
  return manualExecution(
    { source, destination },
    { sent: { sent: () => messages }, received: { commitments: () => [commitment] } },
    message,
    overrides,
  );
}

/**
 * Finds the root under which a message of CCIP 1.6 was committed. Commit events have no indexed fields, so they are
 * read from the time at which the message was sent.
 * @returns undefined when it is not among the commits up to `latest`.
 */
export async function findCommitment(
  { message, source, destination }: FoundMessage,
  latest: number,
): Promise<Commitment | undefined> {
  const { provider, ccip } = destination;
  const { sequenceNumber } = message;
  const commits = topicOf(released("offRamp").interface, "CommitReportAccepted");
  const journal = new RampJournal(destination);
  const read = async (fromBlock: number, toBlock: number) => {
    const range = { address: ccip.offRamp, topics: [commits], fromBlock, toBlock };
    return journal
      .add(await readLogs(provider, range))
      .committed.filter(
        ({ sourceSelector, minSequence, maxSequence }) =>
          sourceSelector === source.selector &&
          minSequence <= sequenceNumber &&
          sequenceNumber <= maxSequence,
      );
  };
  const fromBlock = await firstPossibleBlock({ source, destination }, message, latest);
  return (await searchForward({ fromBlock, toBlock: latest, read }))[0];
}

/** Blocks around a message in which the rest of its batch is searched first. */
const BATCH_BLOCKS = 2_000;

/**
 * Returns the messages of a batch, which the OnRamp indexes by sequence number.
 * @throws when the endpoint does not return all of them.
 */
async function findBatch(
  { message, source, destination }: FoundMessage,
  { minSequence, maxSequence }: Commitment,
): Promise<Message[]> {
  if (minSequence === maxSequence) return [message];
  const count = Number(maxSequence - minSequence) + 1;
  const latest = await source.provider.getBlockNumber();
  const numbers = Array.from({ length: count }, (_, i) => toBeHex(minSequence + BigInt(i), 32));
  const sent = topicOf(released("onRamp").interface, MESSAGE_SENT);
  for (let reach = BATCH_BLOCKS; ; reach *= 4) {
    const fromBlock = Math.max(0, message.blockNumber - reach);
    const toBlock = Math.min(latest, message.blockNumber + reach);
    const logs = await readLogs(source.provider, {
      address: source.ccip.onRamp,
      topics: [sent, toBeHex(destination.selector, 32), numbers],
      fromBlock,
      toBlock,
    });
    if (logs.length === count) return logs.map(decodeMessage);
    if (fromBlock === 0 && toBlock === latest) {
      throw new OperatorError(
        "ENDPOINT_INCOMPLETE",
        `Of the messages ${minSequence} to ${maxSequence} from ${source.name} to ${destination.name}, which were committed together, the endpoint of ${source.name} gives ${logs.length}: use another url.`,
      );
    }
  }
}
