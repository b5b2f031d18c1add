import { toJson } from "../../core/json";
import type { SatelliteChain } from "../../core/mesh/mesh";
import { command } from "../../core/recovery";
import { timeText } from "../../core/time";
import { readProposals } from "../../governance/proposals";
import { behindText } from "../../mesh/components/timelock/progress";
import type { ProposalStatus } from "../../mesh/components/timelock/homeProposals";
import type { OperatorContext } from "../../mesh/operator";
import { unreadDocument, untilRead } from "../../mesh/unread";
import type { UnreadChains } from "../../mesh/unread";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";
import { unreadLines, wrap } from "../text";

/**
 * Prints the proposals of home for satellites: calls, state and times.
 * @returns the number of proposals that need somebody: not sent, failed, or behind one that is gone.
 */
export async function showProposals(
  context: OperatorContext,
  { chains, json }: { readonly chains: readonly SatelliteChain[]; readonly json: boolean },
  { stdout, log }: Output = consoleOutput,
): Promise<{ readonly stuck: number; readonly unread: UnreadChains }> {
  const { made, atHome, unread } = await readProposals(context, chains);
  const { name: mesh } = context.mesh.config;
  const stuck = made.filter(({ status }) =>
    ["not sent", "failed", "behind"].includes(status.kind),
  ).length;
  for (const line of unreadLines(unread)) log(line);
  if (json) {
    stdout(
      toJson({
        mesh,
        unread: unreadDocument(unread),
        atHome: atHome.map(({ satellite, calls, readyAt }) => ({
          chain: satellite.name,
          calls,
          readyAt,
        })),
        proposals: made.map(({ satellite, proposal, status, calls, madeAt }) => {
          const { nonce, id, validUntil, batch, sent, transactionHash } = proposal;
          return {
            chain: satellite.name,
            nonce,
            id,
            calls,
            batch,
            madeAt,
            transactionHash,
            validUntil,
            messages: sent.map(({ messageId }) => messageId),
            status,
          };
        }),
      }),
    );
    return { stuck, unread };
  }
  if (unread.has(context.mesh.home.name)) {
    stdout(
      `mesh ${mesh}: cannot tell what home has proposed ${untilRead(unread)}; "${command("mesh show", { mesh })}" lists what waits at the timelock of each satellite.`,
    );
    return { stuck, unread };
  }
  if (made.length + atHome.length + unread.size === 0) {
    stdout(
      `mesh ${mesh}: home has proposed nothing to ${chains.map(({ name }) => name).join(", ")}.`,
    );
    return { stuck, unread };
  }
  const lines = [
    ...(unread.size > 0 ? [`mesh ${mesh}: cannot tell everything ${untilRead(unread)}.`] : []),
    ...made.flatMap(({ satellite, proposal, status, calls, madeAt }) => [
      `${satellite.name}  proposal ${proposal.nonce}: ${statusText(status)}`,
      ...calls.flatMap((call) => wrap(call, "    ")),
      `    operation ${proposal.id}`,
      `    made ${timeText(madeAt)}, valid until ${timeText(proposal.validUntil)}`,
      ...proposal.sent.map(({ messageId }) => `    message ${messageId}`),
    ]),
    ...atHome.flatMap(({ satellite, calls, readyAt }) => [
      `${satellite.name}  at home's timelock, which may send it from ${timeText(readyAt)} on`,
      ...calls.flatMap((call) => wrap(call, "    ")),
    ]),
  ];
  stdout(lines.join("\n"));
  return { stuck, unread };
}

/** Describes how far a proposal is. */
export function statusText(status: ProposalStatus): string {
  switch (status.kind) {
    case "not sent":
      return `not sent (${status.reason}): "proposals resend" sends it`;
    case "on its way":
      return "on its way";
    case "failed":
      return `failed on arrival (${status.reason}): "message doctor ${status.messageId}" says how to recover it`;
    case "replaced":
      return 'sent to a receiver that was replaced: "proposals resend" sends it to the new one, unless "mesh apply" proposes it again';
    case "scheduled":
      return `scheduled until ${timeText(status.readyAt)}`;
    case "behind":
      return `waits for ${behindText(status)}`;
    case "executable":
      return 'executable: "proposals execute" or "mesh apply" executes it';
    case "done":
      return "executed";
    case "cancelled":
      return "cancelled";
    case "expired":
      return "expired before it was scheduled";
  }
}
