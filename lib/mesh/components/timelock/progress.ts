import type { Mesh, SatelliteChain } from "../../../core/mesh/mesh";
import { command } from "../../../core/recovery";
import type { StepStatus } from "../../step";
import { TO_DO } from "../../stepBuilders";
import { waitingUntil } from "./calls";
import { isGone } from "./homeProposals";
import type { HomeProposal, ProposalStatus } from "./homeProposals";

/** Returns the status of a step that home has proposed. */
export function stepStatus(
  mesh: Mesh,
  { name }: SatelliteChain,
  { nonce }: HomeProposal,
  status: ProposalStatus,
): StepStatus {
  const options = { chain: name, nonce, mesh: mesh.config.name };
  const proposal = `proposal ${nonce} for ${name}`;
  const repair = (reason: string): StepStatus => ({ kind: "waiting", cause: "repair", reason });
  switch (status.kind) {
    case "not sent":
      return repair(
        `${proposal} to be sent again, which CCIP did not take (${status.reason}): ${command("proposals resend", options)}`,
      );
    case "on its way":
      return {
        kind: "waiting",
        reason: `CCIP to deliver ${proposal} (message ${status.messageId})`,
      };
    case "failed":
      return repair(
        `manual work: ${proposal} failed there (${status.reason}), and ${command(`message doctor ${status.messageId}`, { mesh: mesh.config.name })} says how to recover it`,
      );
    case "scheduled":
      return waitingUntil(status.readyAt);
    case "behind":
      return repair(
        `${behindText(status)}: ${command("proposals show", { chain: name, mesh: mesh.config.name })}`,
      );
    case "replaced":
    case "executable":
    case "done":
    case "cancelled":
    case "expired":
      return TO_DO;
  }
}

/** Describes the operation that a proposal has to wait for, and how to bring it on. */
export function behindText({ predecessor }: Extract<ProposalStatus, { kind: "behind" }>): string {
  const { id, nonce, status } = predecessor;
  const which = nonce === undefined ? `operation ${id}` : `proposal ${nonce}`;
  if (status?.kind === "at home") return `${which} before it, which home's timelock has not sent`;
  if (!isGone(status)) return `${which} before it, which is not done`;
  if (!status)
    return `${which} before it, which was not proposed there, or was cancelled: propose it, or cancel this one and propose both again`;
  if (status.kind === "replaced")
    return `${which} before it, which went to a replaced receiver: send it again`;
  const what = status.kind === "expired" ? "has expired" : "was cancelled";
  return `${which} before it, which ${what}: cancel this one, and propose both again`;
}
