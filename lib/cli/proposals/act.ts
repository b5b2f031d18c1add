import { OperatorError } from "../../core/errors";
import { formatFee } from "../../core/payment";
import { toJson } from "../../core/json";
import type { SatelliteChain } from "../../core/mesh/mesh";
import {
  prepareCancellation,
  prepareExecution,
  prepareResend,
  sendPrepared,
} from "../../governance/actions";
import type { OperatorContext } from "../../mesh/operator";
import type { SendingTaskOptions } from "../confirm";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";

const ACTIONS = {
  resend: { prepare: prepareResend, question: "Send again", done: "sent again" },
  execute: { prepare: prepareExecution, question: "Execute", done: "executed" },
  cancel: { prepare: prepareCancellation, question: "Cancel", done: "cancelled" },
} as const;

/** A transaction about a proposal. */
export type ProposalAction = keyof typeof ACTIONS;

export interface ProposalActionOptions extends SendingTaskOptions {
  readonly action: ProposalAction;
  readonly chain: SatelliteChain;
  readonly nonce: bigint;
  /** The account that signs; the operator, operations or the guardian by default. */
  readonly account?: string | undefined;
  /** Send although it is on its way. */
  readonly again?: boolean;
}

/** Sends a proposal again, executes it, or cancels it, after asking. @throws OperatorError when that is not possible now. */
export async function actOnProposal(
  context: OperatorContext,
  { action, chain, nonce, account, again, confirm, json }: ProposalActionOptions,
  { stdout, log }: Output = consoleOutput,
): Promise<void> {
  const { prepare, question, done } = ACTIONS[action];
  const prepared = await prepare(context, chain, nonce, account);
  const { maxFee, account: from, chain: where, doubt, underWay } = prepared;
  if (underWay !== undefined && !again) {
    throw new OperatorError(
      "SAME_TRANSFER",
      `Nothing was sent. Proposal ${nonce} for ${chain.name} is on its way in message ${underWay}: wait for it, or add --again to send it a second time.`,
    );
  }
  const fee =
    maxFee === undefined ? "" : `, for at most ${formatFee(maxFee, "native", where.name)} of fees`;
  log(`${from} signs on ${where.name}${fee}.`);
  const but = doubt === undefined ? "" : `, though ${doubt}`;
  await confirm(`${question} proposal ${nonce} for ${chain.name}${but}?`);
  const hash = await sendPrepared(context, prepared);
  const { name: mesh } = context.mesh.config;
  if (json) stdout(toJson({ mesh, chain: chain.name, nonce, action, hash }));
  else stdout(`${chain.name}: proposal ${nonce} ${done} (${hash})`);
}
