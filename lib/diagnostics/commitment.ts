import { toBeHex } from "ethers";
import { z } from "zod";
import {
  decodeMessage,
  MESSAGE_SENT,
  RampJournal,
  readOne,
  released,
  topicOf,
} from "ccip-localnet/protocol";
import type { Commitment, Message } from "ccip-localnet/protocol";

import { OperatorError } from "../core/errors";
import type { MeshChain } from "../core/mesh/mesh";
import type { RampEnd } from "../ccip/ramps";
import { firstBlockAt, timeOfBlock } from "../rpc/blocks";
import { readLogs } from "../rpc/logs";
import { searchForward } from "../rpc/search";

import { CLOCK_SKEW_SECONDS } from "./found";
import type { FoundMessage } from "./found";
import type { PinnedBlock } from "../rpc/pinnedBlock";

const sourceConfig = z.object({ isEnabled: z.boolean(), minSeqNr: z.bigint().default(0n) });

/** A source chain in the configuration of a destination's OffRamp. */
export interface SourceLane {
  /** True if CCIP accepts messages from this source. */
  readonly isEnabled: boolean;
  /**
   * The first sequence number of the next root: all lower ones are committed. 0 in CCIP 2.0, which has no roots.
   */
  readonly minSeqNr: bigint;
}

/** Reads the OffRamp's configuration of a source. */
export function readSourceLane(
  destination: RampEnd<MeshChain>,
  pinnedBlock: Pick<PinnedBlock, "call">,
  sourceSelector: bigint,
): Promise<SourceLane> {
  return readOne(
    pinnedBlock,
    {
      address: destination.ccip.offRamp,
      interface: released("offRamp", destination.ccip.version ?? "1.6").interface,
    },
    "getSourceChainConfig",
    [sourceSelector],
    sourceConfig,
  );
}

/**
 * Finds the root under which a message was committed. Commit events have no indexed fields, so they are read in
 * chunks, from the time at which the message was sent.
 * @returns undefined when it is not among the commits up to `latest`.
 */
export async function findCommitment(
  { message, source, destination }: Omit<FoundMessage, "kind">,
  latest: number,
): Promise<Commitment | undefined> {
  const { provider, ccip, deployedAt = 0 } = destination;
  const { sequenceNumber } = message;
  const sentAt = await timeOfBlock(source.provider, message.blockNumber);
  const fromBlock = await firstBlockAt(provider, sentAt - CLOCK_SKEW_SECONDS, {
    fromBlock: deployedAt,
    toBlock: latest,
  });
  const journal = new RampJournal(destination);
  const read = async (from: number, to: number): Promise<Commitment[]> => {
    const logs = await readLogs(provider, {
      address: ccip.offRamp,
      topics: [topicOf(released("offRamp").interface, "CommitReportAccepted")],
      fromBlock: from,
      toBlock: to,
    });
    return journal
      .add(logs)
      .committed.filter(
        ({ sourceSelector, minSequence, maxSequence }) =>
          sourceSelector === source.selector &&
          minSequence <= sequenceNumber &&
          sequenceNumber <= maxSequence,
      );
  };
  const [commitment] = await searchForward({ fromBlock, toBlock: latest, read });
  if (commitment) return commitment;
  // A clock that was set manually can make the commit seem older than the message.
  const [earlier] = await searchForward({ fromBlock: deployedAt, toBlock: fromBlock - 1, read });
  return earlier;
}

/** Blocks around a message in which the rest of its batch is searched first. */
const BATCH_BLOCKS = 2_000;

/**
 * Returns the messages of a batch, which the OnRamp indexes by sequence number.
 * @throws when the endpoint does not return all of them.
 */
export async function findBatch(
  { message, source, destination }: Omit<FoundMessage, "kind">,
  { minSequence, maxSequence }: Pick<Commitment, "minSequence" | "maxSequence">,
): Promise<Message[]> {
  if (minSequence === maxSequence) return [message];
  const count = Number(maxSequence - minSequence) + 1;
  const latest = await source.provider.getBlockNumber();
  const sequence = Array.from({ length: count }, (_, i) => toBeHex(minSequence + BigInt(i), 32));
  for (let reach = BATCH_BLOCKS; ; reach *= 4) {
    const fromBlock = Math.max(0, message.blockNumber - reach);
    const toBlock = Math.min(latest, message.blockNumber + reach);
    const logs = await readLogs(source.provider, {
      address: source.ccip.onRamp,
      topics: [
        topicOf(released("onRamp").interface, MESSAGE_SENT),
        toBeHex(destination.selector, 32),
        sequence,
      ],
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
