import { decodeProposal } from "../ccip/proposalData";
import { abi } from "../core/abis";
import type { Mesh, SatelliteChain } from "../core/mesh/mesh";
import { callText } from "../mesh/callText";
import { readHomeProposals, readProposalStatus } from "../mesh/components/timelock/homeProposals";
import { readPending } from "../mesh/components/timelock/operations";
import { pinLatest } from "../rpc/pinned";
import type { PinnedChain } from "../rpc/pinned";
import { minedReceipt } from "../rpc/receipts";

import type { ExecutionAttempt, ProposalFacts, ProposalOutcome } from "./facts";
import type { FoundMessage } from "./found";

const OUTCOMES: Readonly<Record<string, ProposalOutcome>> = {
  ProposalScheduled: "scheduled",
  ProposalIgnored: "ignored",
  ProposalExpired: "expired",
};

/** Reads the facts of a message with a proposal of home, at a block of its satellite. */
export async function readProposal(
  { home }: Mesh,
  { message }: Pick<FoundMessage, "message">,
  satellite: SatelliteChain,
  pinnedBlock: PinnedChain,
  success: ExecutionAttempt | undefined,
): Promise<ProposalFacts> {
  const data = decodeProposal(message.data);
  const isAddressed = message.receiver === satellite.contracts.proposalReceiver;
  const pinnedHome = await pinLatest(home.name, home.provider);
  const [made, pending] = await Promise.all([
    readHomeProposals(home, pinnedHome),
    readPending(home, pinnedHome, {}),
  ]);
  const proposal = made.find(
    ({ selector, nonce }) => selector === satellite.selector && nonce === data?.nonce,
  );
  const [status, outcome] = await Promise.all([
    proposal && isAddressed
      ? readProposalStatus(home, satellite, proposal, { made, pending }, pinnedBlock)
      : undefined,
    success && readOutcome(satellite, message.messageId, success),
  ]);
  const { targets = [], payloads = [], values = [] } = data?.batch ?? {};
  const calls = targets.map((to, i) =>
    callText(satellite, { to, data: payloads[i] ?? "0x", value: values[i] ?? 0n }),
  );
  return { kind: "proposal", data, calls, isAddressed, status, outcome };
}

/** Returns the effect of a message on the receiver, from the transaction that executed it. */
async function readOutcome(
  { name, provider, contracts }: SatelliteChain,
  messageId: string,
  { transactionHash }: ExecutionAttempt,
): Promise<ProposalOutcome> {
  const { logs } = await minedReceipt(name, provider, transactionHash);
  for (const log of logs) {
    if (log.address !== contracts.proposalReceiver) continue;
    const event = abi.proposalReceiver.parseLog(log);
    const outcome = event && OUTCOMES[event.name];
    if (outcome && String(event.args.messageId) === messageId) return outcome;
  }
  return "not called";
}
