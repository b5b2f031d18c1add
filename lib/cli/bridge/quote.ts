import { formatEther } from "ethers";

import { nativeSymbol } from "../../core/chains";
import { exactTokens, formatTokens } from "../../core/amount";
import { toJson } from "../../core/json";
import type { MeshConfig } from "../../core/mesh/schema";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";
import type { OperatorContext } from "../../mesh/operator";
import { timeText } from "../../core/time";
import type { ChainIndex } from "../../core/syncStatus";
import { readIndex } from "../../mesh/readIndex";
import { obstaclesOf } from "../../bridge/obstacles";
import type { Obstacle } from "../../bridge/obstacles";
import { readQuote } from "../../bridge/quote";
import type { Fee, Quote, Transfer, TransferEnd } from "../../bridge/quote";
import { parseTransfer } from "../../bridge/request";
import type { TransferInput } from "../../bridge/request";

/** Shows the cost of a transfer, the amount that arrives, and its obstacles. Sends nothing. */
export async function showQuote(
  { mesh }: OperatorContext,
  { json, ...input }: TransferInput & { readonly json: boolean },
  { stdout }: Output = consoleOutput,
): Promise<{ readonly quote: Quote; readonly obstacles: readonly Obstacle[] }> {
  const { account, ...request } = parseTransfer(mesh, input);
  // Balances are read only when an account is given.
  const asked = input.account === undefined ? request : { ...request, account };
  const [quote, home] = await Promise.all([readQuote(asked), readIndex(mesh.home)]);
  const feeToken = input.feeToken === undefined ? undefined : request.feeToken;
  const obstacles = obstaclesOf(quote, {
    config: mesh.config,
    sinks: request.destination.contracts,
    feeToken,
    minimum: request.minimum,
  });
  stdout(
    json
      ? toJson({ mesh: mesh.config.name, fits: obstacles.length === 0, ...quote, obstacles })
      : quoteText(symbolOf(mesh.config, request), quote, obstacles, home),
  );
  return { quote, obstacles };
}

/** Returns the symbol of what a transfer sends. */
export function symbolOf({ token, wrapper }: MeshConfig, { unit }: Pick<Transfer, "unit">): string {
  return unit === "wrapped" && wrapper ? wrapper.symbol : token.symbol;
}

/** Formats a quote as text. */
export function quoteText(
  symbol: string,
  quote: Quote,
  obstacles: readonly Obstacle[],
  home: ChainIndex,
): string {
  const { source, destination, amount, shares, fees, wrapped } = quote;
  const of = wrapped ? ` of ${exactTokens(wrapped.amount)} wrapped units` : "";
  return [
    `${exactTokens(wrapped?.amount ?? amount)} ${symbol}, ${source.chain} -> ${destination.chain}, to ${quote.receiver}`,
    `  leaves      ${exactTokens(amount)} tokens${of}, which are ${shares} shares (block ${source.blockNumber})`,
    ...(wrapped ? wrappedText(wrapped) : arrivalText(quote, home)),
    `  fee         ${feeText(fees.native, nativeSymbol(source.chain))}, or ${feeText(fees.link, "LINK")}`,
    `  may leave   ${bucketText(source)}`,
    `  may arrive  ${bucketText(destination)}`,
    ...obstaclesText(obstacles),
  ].join("\n");
}

/** Formats obstacles and their fixes as text. */
export function obstaclesText(obstacles: readonly Obstacle[]): string[] {
  if (obstacles.length === 0) return ["Nothing is in the way."];
  return obstacles.flatMap(({ what, recovery }) => [`In the way: ${what}`, `  ${recovery}`]);
}

function wrappedText({ arriving, least, loose, staying }: NonNullable<Quote["wrapped"]>) {
  return [
    `  arrives     ${exactTokens(arriving)} wrapped units and ${loose} shares, whatever index counts there`,
    `  at least    ${exactTokens(least)} wrapped units, whatever index counts when it is sent, unless --minimum says otherwise`,
    `  stays       ${staying} shares with the sender: CCIP carries whole token units`,
  ];
}

function arrivalText({ destination, arriving, arrivingLater, shares }: Quote, home: ChainIndex) {
  const { chain, epoch, blockNumber } = destination;
  if (epoch === 0n) return [`  arrives     nothing: ${chain} has no index yet`];
  const lines = [
    `  arrives     ${exactTokens(arriving)} tokens at the index of ${chain} now (block ${blockNumber})`,
  ];
  if (arrivingLater) {
    lines.push(
      `              ${exactTokens(arrivingLater.amount)} tokens from ${timeText(arrivingLater.effectiveAt)} on, when its pending rebase takes effect`,
    );
  }
  const lag = home.epoch - epoch;
  if (lag > 0n) {
    lines.push(
      `              ${exactTokens(shares / home.next)} tokens once it is synced: it is ${lag === 1n ? "1 rebase" : `${lag} rebases`} behind home`,
    );
  }
  return lines;
}

function feeText({ amount, refusal }: Fee, unit: string): string {
  return amount === undefined ? `none in ${unit} (${refusal})` : `${formatEther(amount)} ${unit}`;
}

function bucketText({ chain, bucket }: TransferEnd): string {
  if (!bucket) return `nothing: the pool of ${chain} does not know the other chain`;
  const { isEnabled, capacity, rate, tokens } = bucket;
  if (!isEnabled) return "without limit";
  if (capacity <= 1n) return "nothing: the lane is closed";
  return `${formatTokens(tokens)} of ${formatTokens(capacity)} tokens now, +${exactTokens(rate)}/s`;
}
