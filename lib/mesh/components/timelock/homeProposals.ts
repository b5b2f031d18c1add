import { z } from "zod";
import { decodeEvent } from "ccip-localnet/protocol";

import { decodeProposal, executedBatch, operationId } from "../../../ccip/proposalData";
import type { ProposalData } from "../../../ccip/proposalData";
import { executionStatusOf } from "../../../ccip/sentBroadcast";
import { abi, contractAt } from "../../../core/abis";
import type { HomeChain, SatelliteChain } from "../../../core/mesh/mesh";
import { unlessReverted } from "../../../core/revert/contractError";
import { revertText } from "../../../core/revert/revertChain";
import type { LogReading } from "../../../rpc/logCache";
import { readProvenLogs } from "../../../rpc/newestBlocks";
import type { PinnedChain } from "../../../rpc/pinned";
import { readOperationState } from "./operations";
import type { PendingProposal } from "./operations";
import { requestsOf } from "./requests";

/** A proposal of home for a satellite, as the sender's events tell it. */
export interface HomeProposal extends ProposalData {
  readonly selector: bigint;
  /** Id of the operation at the timelock of the satellite. */
  readonly id: string;
  /** The block of home in which it was made. */
  readonly blockNumber: number;
  /** The transaction by which home's timelock made it. */
  readonly transactionHash: string;
  /** The message's data, which sending it again takes. */
  readonly payload: string;
  /** The messages that carry it, oldest first. */
  readonly sent: readonly { readonly messageId: string; readonly transactionHash: string }[];
  /** Revert data of the last attempt to send it; undefined once a later one succeeded. */
  readonly refusal?: string | undefined;
}

/** A proposal's state on its satellite. */
export type ProposalStatus =
  /** CCIP did not take it. */
  | { readonly kind: "not sent"; readonly reason: string }
  | { readonly kind: "on its way"; readonly messageId: string }
  /** Its execution failed, or CCIP did not call the receiver. */
  | { readonly kind: "failed"; readonly messageId: string; readonly reason: string }
  | { readonly kind: "scheduled"; readonly readyAt: bigint }
  /** It is due, and the operation before it is not done. */
  | { readonly kind: "behind"; readonly predecessor: Predecessor }
  /** Its message went to a receiver that was replaced, and was not scheduled. */
  | { readonly kind: "replaced" }
  | { readonly kind: "executable" | "done" | "cancelled" | "expired" };

/** The operation that has to be done before a proposal; without a nonce if home did not propose it. */
interface Predecessor {
  readonly id: string;
  readonly nonce?: bigint;
  /** Undefined for an operation that was not proposed there yet, or that was cancelled at the timelock. */
  readonly status?:
    | ProposalStatus
    /** Home's timelock has not sent it, which it may from that time on, unix seconds. */
    | { readonly kind: "at home"; readonly readyAt: bigint };
}

/** Proposals of home, as its chain tells them. */
export interface KnownAtHome {
  readonly made: readonly HomeProposal[];
  /** The operations of home's timelock that may still be executed. */
  readonly pending: readonly PendingProposal[];
}

const TOPICS = (["ProposalCreated", "ProposalSent", "ProposalFailed"] as const).map(
  (event) => abi.proposalSender.getEvent(event).topicHash,
);

const createdEvent = z.object({
  selector: z.bigint(),
  nonce: z.bigint(),
  id: z.string(),
  payload: z.string(),
});
const sentEvent = z.object({ selector: z.bigint(), nonce: z.bigint(), messageId: z.string() });
const failedEvent = z.object({ selector: z.bigint(), nonce: z.bigint(), reason: z.string() });

/** Reads every proposal that home has made for its satellites, oldest first. */
export async function readHomeProposals(
  { name, chainId, contracts, deployedAt = 0 }: HomeChain,
  pinned: PinnedChain,
  reading: LogReading = {},
): Promise<HomeProposal[]> {
  const { proposalSender: address } = contracts;
  if (address === undefined) return [];
  const range = { address, topics: [TOPICS], fromBlock: deployedAt, toBlock: pinned.blockNumber };
  const key = `${chainId}-home-proposals-${address}`;
  const found = new Map<string, HomeProposal>();
  const sender = abi.proposalSender;
  for (const log of await readProvenLogs(name, pinned, range, { ...reading, key })) {
    const { blockNumber, transactionHash } = log;
    if (log.topics[0] === TOPICS[0]) {
      const { selector, id, payload } = decodeEvent(sender, "ProposalCreated", log, createdEvent);
      const data = decodeProposal(payload);
      if (data) {
        const made = { selector, id, payload, blockNumber, transactionHash, sent: [] };
        found.set(`${selector} ${data.nonce}`, { ...made, ...data });
      }
    } else if (log.topics[0] === TOPICS[1]) {
      const { selector, nonce, messageId } = decodeEvent(sender, "ProposalSent", log, sentEvent);
      const key = `${selector} ${nonce}`;
      const known = found.get(key);
      if (!known) continue;
      const sent = [...known.sent, { messageId, transactionHash }];
      found.set(key, { ...known, sent, refusal: undefined });
    } else {
      const event = decodeEvent(sender, "ProposalFailed", log, failedEvent);
      const key = `${event.selector} ${event.nonce}`;
      const known = found.get(key);
      if (known) found.set(key, { ...known, refusal: event.reason });
    }
  }
  return [...found.values()];
}

const RECEIVED = ["unknown", "scheduled", "cancelled", "expired"] as const;

/**
 * Reads the state of a proposal at a block of its satellite.
 * @param known what its predecessor is looked for in.
 */
export async function readProposalStatus(
  home: HomeChain,
  satellite: SatelliteChain,
  proposal: HomeProposal,
  known: KnownAtHome,
  pinned: PinnedChain,
): Promise<ProposalStatus> {
  const { nonce, id, sent, validUntil } = proposal;
  const { proposalReceiver = "" } = satellite.contracts;
  const stateAt = async (receiver: string) => {
    const { state } = await contractAt.proposalReceiver(receiver, pinned).getProposal(nonce);
    return RECEIVED[Number(state) as 0 | 1 | 2 | 3];
  };
  let there = await stateAt(proposalReceiver);
  const last = sent.at(-1);
  const message =
    there === "unknown" && last
      ? await executionStatusOf(home, satellite, last, pinned)
      : undefined;
  const isElsewhere = message && message.receiver !== proposalReceiver;
  if (isElsewhere) there = await unlessReverted(stateAt(message.receiver), "unknown");
  if (there === "cancelled" || there === "expired") return { kind: there };
  if (there === "unknown") {
    if (pinned.timestamp > validUntil) return { kind: "expired" };
    if (isElsewhere) return { kind: "replaced" };
    if (!last) return { kind: "not sent", reason: revertText(proposal.refusal ?? "0x") };
    const { messageId } = last;
    if (message?.state === "failure") {
      return { kind: "failed", messageId, reason: message.reason ?? "without a reason" };
    }
    if (message?.state === "success") {
      return { kind: "failed", messageId, reason: "CCIP did not call the proposal receiver" };
    }
    return { kind: "on its way", messageId };
  }
  const { state, readyAt } = await readOperationState(satellite, pinned, id);
  if (state === "unset") return { kind: "cancelled" };
  if (state === "done") return { kind: "done" };
  const predecessor = await readPredecessor(home, satellite, proposal, known, pinned);
  const isLost = predecessor && isGone(predecessor.status);
  if (predecessor && (isLost || state === "ready")) return { kind: "behind", predecessor };
  return state === "waiting" ? { kind: "scheduled", readyAt } : { kind: "executable" };
}

/** Returns whether a proposal will not be executed as things are. */
export function isGone(status: Predecessor["status"]): boolean {
  return !status || ["replaced", "cancelled", "expired"].includes(status.kind);
}

/** Reads the operation before a proposal; undefined if there is none, or it is done. */
async function readPredecessor(
  home: HomeChain,
  satellite: SatelliteChain,
  { batch: { predecessor: id } }: HomeProposal,
  known: KnownAtHome,
  pinned: PinnedChain,
): Promise<Predecessor | undefined> {
  if (BigInt(id) === 0n) return undefined;
  const { state, readyAt } = await readOperationState(satellite, pinned, id);
  if (state === "done") return undefined;
  const mine = known.made.filter(({ selector }) => selector === satellite.selector);
  const proposed = mine.find((other) => other.id === id);
  if (proposed) {
    const status = await readProposalStatus(home, satellite, proposed, known, pinned);
    return { id, nonce: proposed.nonce, status };
  }
  if (state === "unset") return pendingAtHome(home, satellite, id, known) ?? { id };
  return {
    id,
    status: state === "ready" ? { kind: "executable" } : { kind: "scheduled", readyAt },
  };
}

/** Returns an operation that a pending one of home's timelock will send; undefined if none will. */
function pendingAtHome(
  { contracts: { proposalSender = "" } }: HomeChain,
  { selector }: SatelliteChain,
  id: string,
  { made, pending }: KnownAtHome,
): Predecessor | undefined {
  const last = made
    .filter((one) => one.selector === selector)
    .reduce((most, { nonce }) => (nonce > most ? nonce : most), 0n);
  const waiting = pending.flatMap((operation) =>
    requestsOf(operation, proposalSender)
      .filter((request) => request.selector === selector)
      .map(({ batch }) => ({ batch, readyAt: operation.readyAt })),
  );
  // The id depends on the nonce, and so on the order in which they are sent.
  const nonces = waiting.map((_, i) => last + BigInt(i) + 1n);
  for (const { batch, readyAt } of waiting) {
    const nonce = nonces.find((one) => operationId(executedBatch({ nonce: one, batch })) === id);
    if (nonce !== undefined) return { id, nonce, status: { kind: "at home", readyAt } };
  }
  return undefined;
}
