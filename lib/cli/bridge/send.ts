import type { Message } from "ccip-localnet/protocol";
import { formatEther } from "ethers";

import { obstacleCode, obstaclesOf } from "../../bridge/obstacles";
import { readQuote } from "../../bridge/quote";
import { parseTransfer } from "../../bridge/request";
import type { TransferInput } from "../../bridge/request";
import { findSame, sendTokens } from "../../bridge/send";
import type { SameTransfer, SentTokens } from "../../bridge/send";
import { RampLanes } from "../../ccip/ramps";
import { follow } from "../../ccip/stage";
import type { MessageStage } from "../../ccip/stage";
import { readWrappedArrival } from "../../ccip/wrapped";
import type { WrappedArrival } from "../../ccip/wrapped";
import { exactTokens } from "../../core/amount";
import { feeSymbol } from "../../core/chains";
import type { RetryPolicy } from "../../core/endpoint/client";
import { OperatorError } from "../../core/errors";
import { toJson } from "../../core/json";
import type { MeshChain } from "../../core/mesh/mesh";
import type { OperatorContext } from "../../mesh/operator";
import { readIndex } from "../../mesh/readIndex";
import { IncompleteLogsError } from "../../rpc/logCache";
import type { SendingTaskOptions } from "../confirm";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";

import { obstaclesText, quoteText, symbolOf } from "./quote";
import { arrivalText, askText, explorerLink, messageDocument, reasonText, stageText } from "./text";

export interface SendTaskOptions extends TransferInput, SendingTaskOptions {
  /** Return once the transfer is sent instead of waiting for its arrival. */
  readonly noWait: boolean;
  /** Send although an equal transfer is in flight, or that is unknown. */
  readonly again: boolean;
  /** Timeout and poll interval for tracking the message, milliseconds. */
  readonly pollOptions?: { readonly pollMs: number; readonly timeoutMs: number };
  /** Retries when an endpoint omits logs. */
  readonly lag?: RetryPolicy;
}

/** A message from Ethereum takes CCIP about twenty minutes, and hours when finality is late. */
const LIVE_POLL = { pollMs: 10_000, timeoutMs: 3 * 3_600_000 } as const;

/** The DON of a local network takes about a second. */
const LOCAL_POLL = { pollMs: 200, timeoutMs: 60_000 } as const;

/**
 * Sends tokens to another chain and tracks the message until they arrive.
 * @throws with all obstacles, before anything is signed.
 */
export async function bridgeTokens(
  context: OperatorContext,
  { json, noWait, again, pollOptions, lag, ...options }: SendTaskOptions,
  { stdout, log }: Output = consoleOutput,
): Promise<SentTokens & MessageStage & { readonly arrival?: WrappedArrival }> {
  const { mesh, store } = context;
  const request = parseTransfer(mesh, options);
  const { source, destination, account, amount, feeToken } = request;
  const signer = await context.signerFor(source, account);
  const [quote, home] = await Promise.all([readQuote(request), readIndex(mesh.home)]);
  const obstacles = obstaclesOf(quote, {
    config: mesh.config,
    sinks: destination.contracts,
    feeToken,
    minimum: request.minimum,
  });
  const symbol = symbolOf(mesh.config, request);
  const { balances, fees } = quote;
  const fee = fees[feeToken].amount;
  if (obstacles.length > 0 || fee === undefined || !balances) {
    throw new OperatorError(
      obstacleCode(obstacles),
      ["Nothing was sent.", ...obstaclesText(obstacles)].join("\n"),
    );
  }
  const notBefore = new Map(
    [quote.source, quote.destination].map(({ chain, blockNumber }) => [chain, blockNumber]),
  );
  const same = again ? undefined : await looked(findSame(request, { store, lag, notBefore }));
  const before = same && sameText(same, destination.name, mesh.config.name);
  if (same?.isInFlight) {
    throw new OperatorError("SAME_TRANSFER", `${before}, or add --again to send it a second time.`);
  }
  log(quoteText(symbol, quote, obstacles, home));
  await options.confirm(
    `${before === undefined ? "" : `${before}. `}Send ${exactTokens(amount)} ${symbol} from ${source.name} to ${request.receiver} on ${destination.name}, for ${formatEther(fee)} ${feeSymbol(source.name, feeToken)}?`,
  );
  const fromBlock = quote.destination.blockNumber;
  const minimum = request.minimum ?? quote.wrapped?.least;
  const sent = await sendTokens(
    { ...request, minimum },
    { balances, fee },
    signer,
    mesh.config.name,
    {
      ...context.sendOptions(source),
      onSent: (label, hash) => log(`sent     ${label}: ${hash}`),
    },
  );
  const { message } = sent;
  const { messageId } = message;
  const link = explorerLink(source.name, messageId);
  log(`message  ${messageId}${link ? `  ${link}` : ""}`);
  // Looked up on each poll: while CCIP migrates the lane, its OffRamp may be registered after the OnRamp.
  const through = () => new RampLanes<MeshChain>(store).through(source, destination, message);
  const reached: MessageStage = noWait
    ? { stage: "sent" }
    : await follow(through, message, {
        ...(pollOptions ?? (context.passTime ? LOCAL_POLL : LIVE_POLL)),
        fromBlock,
        onStage: (stage) => log(stageText(stage, message, source.name, destination.name)),
      });
  const hash = request.unit === "wrapped" ? reached.attempt?.transactionHash : undefined;
  const arrival =
    hash === undefined ? undefined : await readWrappedArrival(destination, messageId, hash);
  if (json) {
    const document = messageDocument(message, source.name, destination.name, reached);
    const amounts = { amount: message.tokens[0]?.amount, wrapped: quote.wrapped?.amount };
    stdout(toJson({ ...document, ...amounts, fee: sent.fee, feeToken, arrival }));
  } else {
    stdout(sentText(mesh.config.name, source.name, destination.name, message, reached, noWait));
    if (arrival) stdout(arrivalText(arrival, destination));
  }
  return { ...sent, ...reached, ...(arrival && { arrival }) };
}

function sameText(
  { message, isInFlight }: SameTransfer,
  destination: string,
  mesh: string,
): string {
  const { messageId, transactionHash } = message;
  const status = askText("bridge status", messageId, mesh);
  const which = `as message ${messageId} of transaction ${transactionHash}`;
  return isInFlight
    ? `The same transfer is in flight already, ${which}: follow it with ${status}`
    : `The same transfer was sent before, ${which}, and has arrived on ${destination}`;
}

/** Prevents a new transfer while the outcome of earlier ones is unknown. */
async function looked<T>(looking: Promise<T>): Promise<T> {
  try {
    return await looking;
  } catch (error) {
    if (!(error instanceof IncompleteLogsError)) throw error;
    throw new IncompleteLogsError(
      `Nothing was sent. ${error.message} If you know that it was not sent, add --again.`,
    );
  }
}

function sentText(
  mesh: string,
  source: string,
  destination: string,
  message: Message,
  reached: MessageStage,
  noWait: boolean,
): string {
  const { messageId } = message;
  const { stage, attempt } = reached;
  if (stage === "executed") {
    return `${messageId} arrived on ${destination} in ${attempt?.transactionHash ?? "a transaction that could not be found"}.`;
  }
  if (stage === "failed") {
    return [
      `${messageId} failed on ${destination}: ${reasonText(reached) ?? "without a reason"}.`,
      `The tokens are not lost. Find out what to do with ${askText("message doctor", messageId, mesh)}.`,
    ].join("\n");
  }
  return [
    noWait
      ? `${messageId} is sent to ${destination}.`
      : `${messageId} takes longer than expected: ${stageText(stage, message, source, destination)}.`,
    `See how far it is with ${askText("bridge status", messageId, mesh)}; do not send again.`,
  ].join("\n");
}
