import { RampJournal, executionState } from "ccip-localnet/protocol";
import type { GasOverrides, ManualCall, Verification } from "ccip-localnet/protocol";

import { ResultsFile } from "../../ccip/results";
import { CodedError } from "../../core/errors";
import { parseOptionalAddress } from "../../core/input/address";
import { toJson } from "../../core/json";
import type { Progress } from "../../core/progress";
import { tryCall } from "../../core/revert/contractError";
import type { Refusal } from "../../core/revert/contractError";
import { decode, revertChainOf } from "../../core/revert/revertChain";
import { explainExecution } from "../../diagnostics/execution";
import type { MessageFacts } from "../../diagnostics/facts";
import { findAll } from "../../diagnostics/find";
import type { FindOptions } from "../../diagnostics/find";
import type { FoundMessage } from "../../diagnostics/found";
import { manualCall } from "../../diagnostics/manualCall";
import { readFacts } from "../../diagnostics/readFacts";
import { gasNeeded, rehearseMessage } from "../../diagnostics/simulation";
import { verificationText } from "../../diagnostics/verified";
import type { VerificationFacts } from "../../diagnostics/verifiers";
import { withoutSecrets } from "../../files/secrets";
import type { OperatorContext } from "../../mesh/operator";
import { pinBlock } from "../../rpc/pinned";
import type { PinnedChain } from "../../rpc/pinned";
import { sendTransaction } from "../../tx/send";
import type { SendingTaskOptions } from "../confirm";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";
import { NO_PROGRESS } from "../progress";

/** Options of a manual execution. */
export interface ExecuteOptions extends FindOptions, SendingTaskOptions {
  /** Gas limit for the receiver's `ccipReceive`, instead of the message's own. */
  readonly receiverGas?: bigint;
  /** Gas limit for the pool of each token of the message, instead of its own. */
  readonly tokenGas?: bigint;
  /** File with verifier results for messages of CCIP 2.0, instead of the published ones. */
  readonly results?: string;
  /** The account that signs and pays on the destination; the one with an available key unless given. */
  readonly account?: string;
  readonly progress?: Progress;
}

/** The outcome for one message. */
export interface ExecuteResult {
  readonly messageId: string;
  readonly destination: string;
  /** `already` when it had been executed before and nothing was sent. */
  readonly outcome: "already" | "executed" | "failed";
  readonly transactionHash?: string;
  readonly gasUsed?: bigint;
}

/** Thrown when a message cannot be executed manually now; nothing was sent. */
export class ExecutionRefusedError extends CodedError {
  override readonly name = "ExecutionRefusedError";
  readonly code = "EXECUTION_REFUSED";
}

/**
 * Executes a message manually, or every message of a transaction that is not executed yet; any account may pay for
 * it. The proof is rebuilt from the events of both chains, and the call is simulated first.
 * @throws ExecutionRefusedError when it would fail, with the reason and the fix, after printing the messages that
 * were executed before it.
 */
export async function executeMessage(
  context: OperatorContext,
  hash: string,
  options: ExecuteOptions,
  { stdout }: Output = consoleOutput,
): Promise<ExecuteResult[]> {
  const { mesh } = context;
  const { name } = mesh.config;
  const { json, chain, since, progress = NO_PROGRESS } = options;
  const found = await progress.during(`looking for ${hash}`, () =>
    findAll(mesh, hash, { chain, since }),
  );
  const messages = found.filter((one) => one.kind === "message");
  if (messages.length === 0) {
    throw new ExecutionRefusedError(
      `${hash} sent no message that could be executed: \`npx hardhat message doctor ${hash} --mesh ${name}\` says why.`,
    );
  }
  const results: ExecuteResult[] = [];
  const show = (failed?: object) =>
    stdout(
      json
        ? toJson({ mesh: name, messages: results, failed })
        : results.map((result) => resultText(name, result)).join("\n"),
    );
  for (const one of messages) {
    const ends = { messageId: one.message.messageId, destination: one.destination.name };
    try {
      results.push({ ...ends, ...(await executeOne(context, one, options, progress)) });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      // The messages before it were executed: their results are printed first, later ones were not tried.
      if (results.length > 0) show({ ...ends, error: withoutSecrets(reason) });
      throw error;
    }
  }
  show();
  return results;
}

const ALREADY = { outcome: "already" } as const;

async function executeOne(
  context: OperatorContext,
  found: FoundMessage,
  options: ExecuteOptions,
  progress: Progress,
): Promise<Omit<ExecuteResult, "messageId" | "destination">> {
  const { mesh } = context;
  const { message, source, destination } = found;
  const { messageId } = message;
  const published =
    options.results === undefined ? context.verifications : new ResultsFile(options.results);
  const facts = await readFacts(mesh, found, published);
  if (facts.state === "success") return ALREADY;
  const { verification } = facts;
  if (verification && !verification.isVerified) throw unverified(facts, verification);
  const { receiverGas, tokenGas } = options;
  const overrides = {
    ...(receiverGas !== undefined && { receiverGas }),
    ...(tokenGas !== undefined && { tokenGas: message.tokens.map(() => tokenGas) }),
  };
  const pinnedBlock = await pinBlock(mesh, destination);
  const account = parseOptionalAddress(options.account, { option: "--account" }) ?? mesh.operator;
  const call = await progress.during("putting together what proves it", () =>
    callFor(found, pinnedBlock, overrides, verification?.results),
  );
  // The ramp counts the failure of an untouched message as an execution, so the message itself is simulated too.
  const whole = await rehearseMessage(
    found,
    pinnedBlock,
    overrides,
    verification?.results,
    message.version === "2.0" ? call.gasLimit : undefined,
  );
  const asked = await tryCall(pinnedBlock, { from: account, ...call });
  const refusals = [asked, whole].filter((rehearsal) => rehearsal.outcome === "refused");
  // CCIP 2.0 truncates the reason when a message fails again.
  const refused =
    refusals.find(({ returnData }) => decode(returnData).name !== "NoStateProgressMade") ??
    refusals[0];
  if (refused) throw refusal(facts, found, refused);
  await options.confirm(
    `Execute message ${messageId} on ${destination.name} of mesh ${mesh.config.name}, paid by ${account}?`,
  );
  const signer = await context.signerFor(destination, account);
  const isDone = async () => (await executionState(destination, message)) === "success";
  const sent = progress.during(`executing it on ${destination.name}`, () =>
    sendTransaction(
      destination,
      signer,
      { label: `manual execution of ${messageId}`, ...call },
      context.sendOptions(destination),
    ),
  );
  const receipt = await sent.catch(async (error: unknown) => {
    // Another account was faster: the OffRamp of CCIP 2.0 then reverts, that of 1.6 skips the message. The error names
    // what may have been sent, whatever this look at the chain fails with.
    if (await isDone().catch(() => false)) return undefined;
    throw error;
  });
  if (!receipt) return ALREADY;
  const { executed } = new RampJournal(destination).add(receipt.logs);
  const execution = executed.find((one) => one.messageId === messageId);
  if (execution) {
    return {
      outcome: execution.state === "success" ? "executed" : "failed",
      transactionHash: receipt.hash,
      gasUsed: receipt.gasUsed,
    };
  }
  if (await isDone()) return ALREADY;
  throw new ExecutionRefusedError(
    `The OffRamp of ${destination.name} passed over ${messageId}: an earlier message of ${message.sender} on ${source.name}, who asked for order, has to be executed first.`,
  );
}

/**
 * Returns the call that executes a message manually, with enough gas.
 * @throws ExecutionRefusedError when the required gas exceeds the destination's block gas limit.
 */
async function callFor(
  found: FoundMessage,
  pinnedBlock: PinnedChain,
  overrides: GasOverrides,
  results: readonly Verification[] = [],
): Promise<ManualCall> {
  const { message, destination } = found;
  const call = await manualCall(found, pinnedBlock.blockNumber, overrides, results);
  const needed =
    message.version === "2.0" ? await gasNeeded(found, pinnedBlock, overrides, results) : undefined;
  // A message may have too low a gas limit for its execution; a manual execution may raise it.
  const enough = needed === undefined ? 0n : (needed * 5n) / 4n + TRANSACTION_GAS;
  const gasLimit = call.gasLimit > enough ? call.gasLimit : enough;
  const block = await pinnedBlock.provider.getBlock(pinnedBlock.blockNumber);
  if (block && gasLimit > block.gasLimit) {
    throw new ExecutionRefusedError(
      `Message ${message.messageId} would be executed with ${gasLimit} gas, and a block of ${destination.name} holds ${block.gasLimit}: nothing was sent. Name less with --receiver-gas.`,
    );
  }
  return { ...call, gasLimit };
}

/** Gas of a CCIP 2.0 transaction around the OffRamp's step for its message. */
const TRANSACTION_GAS = 100_000n;

/**
 * Returns the error for a CCIP 2.0 message that lacks verifier results: the queried sources, the missing results,
 * and the fix.
 */
function unverified(facts: MessageFacts, verification: VerificationFacts): ExecutionRefusedError {
  const { message, mesh } = facts;
  const { refusal: reason, asked } = verification;
  const found = [
    ...verificationText(facts, verification),
    ...(reason === undefined ? [] : [explainExecution(facts, reason).why]),
    asked === undefined
      ? "No place with results is known here."
      : `Results were looked for in ${asked}.`,
  ];
  const remedies = [
    mesh.live
      ? "wait until they are published"
      : "wait for the committee (`npx hardhat localnet release` if the lane is held)",
    `name a file of results: npx hardhat message execute ${message.messageId} --mesh ${mesh.name} --results <file>`,
    `or try Chainlink's own tool: npx @chainlink/ccip-cli manual-exec ${message.transactionHash}`,
  ];
  return new ExecutionRefusedError(
    `Message ${message.messageId} travels over CCIP 2.0, which executes with results of its verifiers only: nothing was sent.\n` +
      `${found.join(" ")}\nWhat to do: ${remedies.join("; ")}`,
  );
}

function refusal(
  facts: MessageFacts,
  { message, destination, source }: FoundMessage,
  { returnData }: Refusal,
): ExecutionRefusedError {
  const line = revertChainOf(returnData, "arrival")
    .map(({ contract, error }) => `${contract}: ${error}`)
    .join(" <- ");
  const revert = decode(returnData);
  const why =
    revert.name === "ManualExecutionNotYetEnabled"
      ? "CCIP has not tried it yet, and nobody else may for a while."
      : explainExecution(facts, revert).why;
  return new ExecutionRefusedError(
    `Message ${message.messageId} from ${source.name} cannot be executed on ${destination.name} now, and nothing was sent. ` +
      `${why} (${line})\nWhat to do: npx hardhat message doctor ${message.messageId} --mesh ${facts.mesh.name}`,
  );
}

function resultText(mesh: string, result: ExecuteResult): string {
  const { messageId, destination, outcome, transactionHash, gasUsed } = result;
  switch (outcome) {
    case "already":
      return `${messageId} is executed on ${destination} already: nothing to do.`;
    case "executed":
      return `${messageId} executed on ${destination}: ${transactionHash} (${gasUsed} gas).`;
    case "failed":
      return `${messageId} was tried on ${destination} and failed: npx hardhat message doctor ${messageId} --mesh ${mesh} says why (${transactionHash}).`;
  }
}
