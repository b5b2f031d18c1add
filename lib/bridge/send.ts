import type { Signer } from "ethers";
import { messagesIn } from "ccip-localnet/protocol";

import { OperatorError } from "../core/errors";
import { exactTokens } from "../core/amount";
import { decodeWrapped } from "../ccip/wrapped";
import { SHARES_PER_WRAPPED } from "../core/units";
import { EndpointError } from "../core/endpoint/errors";
import { abi } from "../core/abis";
import type { MeshChain } from "../core/mesh/mesh";
import { RampLanes } from "../ccip/ramps";
import { command } from "../core/recovery";
import { inChunks } from "../rpc/chunks";
import { IncompleteLogsError } from "../rpc/logCache";
import type { LogReading } from "../rpc/logCache";
import { pinLatest } from "../rpc/pinned";
import { laneGaps } from "../ccip/laneCounter";
import { stateThrough } from "../ccip/track";
import { NonceConflictError, TransactionTimeoutError, unclearOutcome } from "../tx/errors";
import type { TransactionError } from "../tx/errors";
import { NonceManager } from "../tx/nonces";
import { sendTransaction } from "../tx/send";
import type { LabelledTransaction, SendOptions } from "../tx/send";
import { readSent } from "../ccip/sent";
import type { SentMessage } from "../ccip/sent";

import { encodeSend, readFee, senderOf } from "./quote";
import type { Balances } from "./quote";
import type { TransferRequest } from "./request";

/** A transfer that was sent. */
export type SentTokens = Awaited<ReturnType<typeof sendTokens>>;

/** Fee changes below this tolerance are ordinary market movement. */
const FEE_TOLERANCE_PERCENT = 110n;

/**
 * Approves exactly the missing allowance and sends the transfer with exactly the fee quoted at that time: the
 * router keeps any excess native value.
 * @param quoted the fee that was agreed to; the transfer is refused if it has risen by more than a tenth since.
 * @param mesh name of the mesh, for the commands in errors.
 * @throws TransactionError when nothing was sent; OUTCOME_UNKNOWN when a retry could send it twice.
 */
export async function sendTokens(
  request: TransferRequest,
  { balances, fee: quoted }: { readonly balances: Balances; readonly fee: bigint },
  signer: Signer,
  mesh: string,
  { nonces = new NonceManager(), ...options }: SendOptions,
) {
  const { source, destination, amount, unit, feeToken } = request;
  const { link } = source.ccip;
  const { sender, asset } = senderOf(request);
  const what = unit === "wrapped" ? "wrapped units" : "tokens";
  // The nonce of the block of the balances keeps two concurrent runs from both sending the transfer.
  let { nonce } = balances;
  const send = (transaction: LabelledTransaction) =>
    sendTransaction(source, signer, { ...transaction, nonce: nonce++ }, { ...options, nonces });
  const spender = unit === "wrapped" ? "the wrapped bridge" : "CCIP's router";
  const approve = (to: string, name: string, value: bigint) =>
    send({
      label: `approve ${exactTokens(value)} ${name} for ${spender} on ${source.name}`,
      to,
      data: abi.token.encodeFunctionData("approve", [sender, value]),
    });

  const approved = balances.allowance < amount ? await approve(asset, what, amount) : undefined;
  // The quote may be outdated by now, so the current fee is paid.
  const fee = await freshFee(request, quoted).catch((error: unknown) => {
    if (!(error instanceof EndpointError)) throw error;
    const before = approved ? ` The approval was mined as ${approved.hash}.` : "";
    throw new OperatorError(
      "ENDPOINT_UNAVAILABLE",
      `${error.message} No tokens were sent.${before}`,
      { cause: error },
    );
  });
  if (feeToken === "link" && balances.linkAllowance < fee) await approve(link, "LINK", fee);
  const label = `send ${exactTokens(amount)} ${what} from ${source.name} to ${destination.name}`;
  const receipt = await send({
    label,
    to: sender,
    data: encodeSend(request, feeToken === "link" ? link : undefined),
    value: feeToken === "native" ? fee : 0n,
  }).catch((error: unknown) => {
    const unclear = unclearOutcome(error);
    throw unclear ? uncertainTransfer(unclear, mesh) : error;
  });
  const [message] = messagesIn(receipt);
  if (!message) {
    throw new Error(`${label}: ${receipt.hash} was mined without a message of ${source.name}.`);
  }
  return {
    message,
    receipt,
    /** The fee paid to CCIP, in token units (wei) of the fee token. */
    fee,
  };
}

/** Returns the error of a transfer that may have been sent, by an earlier run if there is no hash. */
function uncertainTransfer(
  { cause, hash }: { readonly cause: TransactionError; readonly hash?: string | undefined },
  mesh: string,
): OperatorError {
  const recovery = hash
    ? `Do not send again before you know: ask \`${command(`bridge status ${hash}`, { mesh })}\`.`
    : `Look with \`${command("supply audit", { mesh })}\` whether it was this transfer, before you send again.`;
  // The failure, without the advice to run the command again.
  const reason =
    cause instanceof TransactionTimeoutError
      ? `${cause.hashes.join(", ")} is not mined yet.`
      : cause instanceof NonceConflictError
        ? `another transaction of ${cause.account} took nonce ${cause.nonce}.`
        : `the endpoint stopped answering, and ${hash} may have been accepted.`;
  const message = `${cause.label}: ${reason} ${recovery}`;
  return new OperatorError("OUTCOME_UNKNOWN", message, { cause });
}

/** An earlier message with the same content as a transfer that is to be sent. */
export type SameTransfer = NonNullable<Awaited<ReturnType<typeof findSame>>>;

/**
 * Returns the newest message with the same content as a transfer, preferring one in flight; undefined when there is
 * none, which the token's shares and the lane's counter must confirm.
 * @param notBefore minimum block numbers by network name, from earlier reads.
 * @throws IncompleteLogsError when the source's endpoint omits a log that may be one.
 */
export async function findSame(
  request: TransferRequest,
  { notBefore, ...reading }: LogReading & { readonly notBefore?: ReadonlyMap<string, number> },
) {
  const { source, destination } = request;
  const pin = ({ name, provider }: MeshChain) => pinLatest(name, provider, notBefore?.get(name));
  const [here, there] = await Promise.all([pin(source), pin(destination)]);
  const { messages } = await readSent(source, here.blockNumber, reading);
  const onLane = messages.filter(
    ({ message }) =>
      message.sourceSelector === source.selector &&
      message.destinationSelector === destination.selector,
  );
  const lanes = new RampLanes<MeshChain>(reading.store);
  const sending = await lanes.sending(
    source,
    destination,
    await lanes.current(source, destination),
  );
  // Shares that came in and left again cancel out; the lane's counter includes both.
  const [gap] = await laneGaps(sending, here, onLane, reading.lag);
  if (gap !== undefined) {
    throw new IncompleteLogsError(
      `Cannot tell whether the same transfer was sent before, because ${gap}. Try again later, or use another url.`,
    );
  }
  const alike = onLane.filter((item) => isAlike(request, item));
  const same = await inChunks(alike, async (item) => {
    const state = await stateThrough(lanes, { source, destination }, item, there);
    return state ? [{ message: item.message, isInFlight: state !== "success" }] : [];
  });
  const known = same.flat();
  return known.findLast(({ isInFlight }) => isInFlight) ?? known.at(-1);
}

/** Returns whether a message carries the same amount of the same account to the same receiver. */
function isAlike(
  { source, destination, unit, amount, account, receiver }: TransferRequest,
  { message, amount: carried, shares }: SentMessage,
): boolean {
  if (unit !== "wrapped") {
    return carried === amount && message.sender === account && message.receiver === receiver;
  }
  const data = decodeWrapped(message);
  if (!data || shares === undefined || carried === 0n) return false;
  // The index at which it was sent rounds what travels down by less than a token unit.
  const stayed = amount * SHARES_PER_WRAPPED - shares;
  return (
    message.sender === source.contracts.wrappedBridge &&
    message.receiver === destination.contracts.wrappedBridge &&
    data.owner === account &&
    data.receiver === receiver &&
    stayed >= 0n &&
    stayed < shares / carried
  );
}

async function freshFee(request: TransferRequest, quoted: bigint): Promise<bigint> {
  const { source, feeToken } = request;
  const token = feeToken === "link" ? source.ccip.link : undefined;
  const { amount, refusal } = await readFee(request, source.provider, token);
  if (amount === undefined) {
    throw new OperatorError(
      "FEE_CHANGED",
      `CCIP on ${source.name} names no fee any more: ${refusal}. No tokens were sent: quote again.`,
    );
  }
  if (amount * 100n > quoted * FEE_TOLERANCE_PERCENT) {
    throw new OperatorError(
      "FEE_CHANGED",
      `The fee on ${source.name} rose from ${quoted} to ${amount} since it was quoted. No tokens were sent: quote again.`,
    );
  }
  return amount;
}
