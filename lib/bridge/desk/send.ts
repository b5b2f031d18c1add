import { formatEther } from "ethers";

import { follow } from "../../ccip/follow";
import type { MessageStage } from "../../ccip/stage";
import { feeSymbol } from "../../chains/directory";
import { exactTokens } from "../../cli/amount";
import { formatDuration } from "../../cli/duration";
import { toJson } from "../../cli/json";
import { TERMINAL } from "../../cli/voice";
import type { Voice } from "../../cli/voice";
import type { Desk } from "../../mesh/desk/desk";
import type { MeshChain } from "../../mesh/mesh";
import { RampLanes } from "../../mesh/ramps";
import { readIndex } from "../../mesh/readIndex";
import { IncompleteLogsError } from "../../rpc/logCache";
import type { RetryPolicy } from "../../core/rpcClient";
import { obstaclesOf } from "../obstacles";
import { readQuote } from "../quote";
import type { FeeToken } from "../quote";
import { parseTransfer } from "../request";
import type { TransferRequest, TransferWords } from "../request";
import { findSame, sendTokens } from "../send";
import type { SameTransfer, SentTokens } from "../send";

import { explorerLink } from "./explorer";
import { askText, reasonText, stageText } from "./progress";
import { obstaclesText, quoteText } from "./quote";

/** How tokens are sent to another chain. */
export interface SendTaskOptions extends TransferWords {
  readonly json: boolean;
  /** End when it is sent, rather than when it has arrived. */
  readonly noWait: boolean;
  /** Send it although the same transfer is in flight or was the account's last, or nobody can tell. */
  readonly again: boolean;
  /** Asked before the first transaction. @throws when the answer is no, or nobody can answer. */
  confirm(question: string): Promise<void>;
  /** How long to follow the message, and how often to ask; milliseconds. */
  readonly patience?: { readonly pollMs: number; readonly timeoutMs: number };
  /** How long an endpoint that leaves logs out is waited for. */
  readonly lag?: RetryPolicy;
}

/** What became of a transfer. */
export interface SendResult extends SentTokens, MessageStage {}

/** A message from Ethereum takes CCIP about twenty minutes, and hours when finality is late. */
const LIVE_PATIENCE = { pollMs: 10_000, timeoutMs: 3 * 3_600_000 } as const;

/** The DON of a local network takes about a second. */
const LOCAL_PATIENCE = { pollMs: 200, timeoutMs: 60_000 } as const;

/**
 * Sends tokens to another chain and follows them until they are there.
 * @throws naming everything that is in the way, before anything is signed.
 */
export async function bridgeTokens(
  desk: Desk,
  { json, noWait, again, patience, lag, ...options }: SendTaskOptions,
  { print, say }: Voice = TERMINAL,
): Promise<SendResult> {
  const { mesh, store } = desk;
  const request = parseTransfer(mesh, options);
  const { source, destination, account, amount, feeToken } = request;
  const signer = await desk.signerFor(source, account);
  const [quote, home] = await Promise.all([readQuote(request), readIndex(mesh.home)]);
  const obstacles = obstaclesOf(quote, {
    config: mesh.config,
    sinks: destination.contracts,
    feeToken,
  });
  const { symbol } = mesh.config.token;
  const { amount: fee } = quote.fees[feeToken];
  const { purse } = quote;
  if (obstacles.length > 0 || fee === undefined || !purse) {
    throw new Error(["Nothing was sent.", ...obstaclesText(obstacles)].join("\n"));
  }
  // After the account's nonce was read: what was sent before it shows here, what was sent after it
  // has taken the nonce.
  const notBefore = new Map(
    [quote.source, quote.destination].map(({ chain, blockNumber }) => [chain, blockNumber]),
  );
  const { live } = mesh.config;
  const look = { live, store, lag, notBefore, nonce: purse.nonce };
  const same = again ? undefined : await beforeAnother(findSame(request, look));
  const before = same && sameText(same, request, mesh.config.name);
  if (same?.doubt !== undefined) {
    throw new Error(`${before}, or add --again to send it a second time.`);
  }
  say(quoteText(symbol, quote, obstacles, home));
  if (before !== undefined) say(`before   ${before}.`);
  await options.confirm(
    `Send ${exactTokens(amount)} ${symbol} from ${source.name} to ${request.receiver} on ${destination.name}, for ${formatEther(fee)} ${feeSymbol(source.name, feeToken)}?`,
  );
  const fromBlock = quote.destination.blockNumber;
  const sent = await sendTokens(request, purse, signer, {
    ...desk.sendOptions(source),
    quotedFee: fee,
    mesh: mesh.config.name,
    onSent: (label, hash) => say(`sent     ${label}: ${hash}`),
  });
  const { messageId } = sent.message;
  const link = explorerLink(source.name, messageId);
  say(`message  ${messageId}${link ? `  ${link}` : ""}`);
  // Asked anew each time: while CCIP moves the lane, its OffRamp may be named after the OnRamp.
  const through = () => new RampLanes<MeshChain>(store).through(source, destination, sent.message);
  const reached: MessageStage = noWait
    ? { stage: "sent" }
    : await follow(through, sent.message, {
        ...(patience ?? (desk.passTime ? LOCAL_PATIENCE : LIVE_PATIENCE)),
        fromBlock,
        onStage: (stage) => say(stageText(stage, sent.message, source.name, destination.name)),
      });
  const result = { ...sent, ...reached };
  const lane = {
    mesh: mesh.config.name,
    source: source.name,
    destination: destination.name,
    feeToken,
  };
  print(json ? toJson(sentDocument(lane, result, link)) : sentText(lane, result, noWait));
  return result;
}

function sameText(
  { message, doubt, age }: SameTransfer,
  { source, destination, account }: Pick<TransferRequest, "source" | "destination" | "account">,
  mesh: string,
): string {
  const { messageId, transactionHash } = message;
  const status = askText("bridge status", messageId, mesh);
  const which = `as message ${messageId} of transaction ${transactionHash}`;
  if (doubt === "in flight") {
    return `The same transfer is in flight already, ${which}: follow it with ${status}`;
  }
  const sent = `was sent ${formatDuration(age)} ago, ${which}, and has arrived on ${destination.name}: look at it with ${status}`;
  return doubt === undefined
    ? `The same transfer ${sent}`
    : `The last transaction of ${account} on ${source.name} was the same transfer, which ${sent}`;
}

/** Sends nothing while it cannot be told what was sent before. */
async function beforeAnother<T>(looking: Promise<T>): Promise<T> {
  try {
    return await looking;
  } catch (error) {
    if (!(error instanceof IncompleteLogsError)) throw error;
    throw new IncompleteLogsError(
      `Nothing was sent. ${error.message} If you know that it was not sent, add --again.`,
    );
  }
}

/** How a transfer is called when it is told of. */
interface LaneWords {
  readonly mesh: string;
  readonly source: string;
  readonly destination: string;
  readonly feeToken: FeeToken;
}

function sentDocument(
  { source, destination, feeToken }: LaneWords,
  { message, receipt, fee, ...reached }: SendResult,
  explorer: string | undefined,
) {
  return {
    messageId: message.messageId,
    source,
    destination,
    sender: message.sender,
    receiver: message.receiver,
    amount: message.tokens[0]?.amount,
    fee,
    feeToken,
    transactionHash: receipt.hash,
    blockNumber: receipt.blockNumber,
    stage: reached.stage,
    executedIn: reached.attempt?.transactionHash,
    reason: reasonText(reached),
    explorer,
  };
}

function sentText(
  { mesh, source, destination }: LaneWords,
  { message, ...reached }: SendResult,
  noWait: boolean,
): string {
  const { messageId } = message;
  const { stage, attempt } = reached;
  if (stage === "executed") {
    return `${messageId} arrived on ${destination} in ${attempt?.transactionHash ?? "a transaction that could not be found"}.`;
  }
  if (stage === "failed") {
    return [
      `${messageId} failed on ${destination}: ${reasonText(reached) ?? "nobody says why"}.`,
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
