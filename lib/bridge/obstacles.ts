import { ZeroAddress, formatEther } from "ethers";

import { exactTokens } from "../core/amount";
import { feeSymbol, nativeSymbol } from "../core/chains";
import type { ErrorCode } from "../core/errors";
import { UNLIMITED, isClosed, isDeclaredOpen } from "../core/mesh/limit";
import type { BucketState } from "../core/mesh/limit";
import type { MeshChain } from "../core/mesh/mesh";
import type { MeshConfig } from "../core/mesh/schema";
import { explainReason } from "../core/reasons/catalogue";
import { laneLimits } from "../core/reasons/limits";
import { meshNames } from "../core/reasons/reason";
import type { Explanation, ReasonContext } from "../core/reasons/reason";
import { command } from "../core/recovery";
import { MAX_SHARES, SHARES_PER_WRAPPED } from "../core/units";

import type { FeeToken, TransferEnd, Quote } from "./quote";

/** An obstacle that prevents a transfer from being sent or from arriving. */
export interface Obstacle {
  /** Short, stable code for programs. */
  readonly code:
    | "amount"
    | "closed"
    | "cursed"
    | "fee"
    | "funds"
    | "limit"
    | "paused"
    | "receiver"
    | "unsynced"
    | "unwired";
  /** The cause and its values. */
  readonly what: string;
  readonly recovery: string;
}

/** Error codes of the obstacles that have a code of their own. */
const ERROR_CODES: Partial<Record<Obstacle["code"], ErrorCode>> = {
  amount: "INVALID_AMOUNT",
  closed: "LANE_CLOSED",
  funds: "NOT_ENOUGH_FUNDS",
  paused: "TOKEN_PAUSED",
  receiver: "INVALID_ADDRESS",
};

/** Returns the error code of a blocked transfer: that of its first obstacle. */
export function obstacleCode([first]: readonly Obstacle[]): ErrorCode {
  return (first && ERROR_CODES[first.code]) ?? "LANE_BLOCKED";
}

export interface ObstacleOptions {
  /** The mesh file, for the mesh's name and its rules for limits. */
  readonly config: MeshConfig;
  /** The destination's contracts, which must not receive tokens. */
  readonly sinks: Pick<MeshChain["contracts"], "token" | "pool" | "wrapper" | "wrappedBridge">;
  /** The only fee token to consider; both unless given. */
  readonly feeToken?: FeeToken | undefined;
  /** The least wrapped units that have to arrive; any unless given. */
  readonly minimum?: bigint | undefined;
}

/**
 * Returns all current obstacles of a transfer, including those at its arrival: tokens that cannot arrive would have
 * left already, and the message would need manual execution.
 */
export function obstaclesOf(quote: Quote, options: ObstacleOptions): Obstacle[] {
  const { source, destination, amount, shares, arriving } = quote;
  const { config, feeToken } = options;
  // No limit could be raised far enough for an amount that cannot exist.
  if (shares > MAX_SHARES) {
    const { wrapped } = quote;
    const unit = wrapped ? "wrapped units" : "tokens";
    const most = exactTokens(
      wrapped ? MAX_SHARES / SHARES_PER_WRAPPED : (MAX_SHARES * amount) / shares,
    );
    const what = `${exactTokens(wrapped?.amount ?? amount)} ${unit} cannot exist on ${source.chain} at its current index.`;
    return [{ code: "amount", what, recovery: `Send at most ${most} ${unit}.` }];
  }
  const [sending, arrival] = contextsOf(config, source, destination);
  const found = [
    ...receiverObstacles(quote, options.sinks),
    ...endObstacles(sending, source, {
      refused: "Nothing can be sent from it.",
      cursed: "Nothing can be sent.",
    }),
    ...endObstacles(arrival, destination, {
      refused: "What arrives on it fails, and has to be executed by hand later.",
      // The whole commit or execution reverts.
      cursed: "What is sent waits, and is executed only after the curse is lifted.",
    }),
    ...wiringObstacles(config.name, source, destination),
    ...wrappedObstacles(config.name, quote, options.minimum),
    ...closedObstacles(config, source, destination),
    ...limitObstacles(sending, source.bucket, amount),
    ...(destination.epoch > 0n ? limitObstacles(arrival, destination.bucket, arriving) : []),
    ...fundObstacles(quote, feeToken),
  ];
  // When CCIP quotes no fee, an obstacle above usually explains the cause more clearly.
  return found.length > 0 ? found : feeObstacles(quote, feeToken);
}

/** Returns the context of both ends for the catalogue of revert reasons. */
function contextsOf(
  config: MeshConfig,
  source: TransferEnd,
  destination: TransferEnd,
): readonly [sending: ReasonContext, arrival: ReasonContext] {
  const lane = { source: source.chain, destination: destination.chain };
  // A pool that does not support the other chain has no limit.
  const outbound = source.bucket ?? { ...UNLIMITED, tokens: 0n };
  const contextAt = (end: TransferEnd, peer: TransferEnd) => ({
    mesh: meshNames(config),
    chain: end.chain,
    peer: peer.chain,
    at: end.timestamp,
    curse: end.curse && { what: end.curse },
  });
  return [
    {
      ...contextAt(source, destination),
      direction: "send",
      limits: laneLimits(config, lane, outbound),
    },
    {
      ...contextAt(destination, source),
      direction: "execution",
      limits: laneLimits(config, lane, outbound, destination.bucket),
    },
  ];
}

function receiverObstacles(
  { receiver, destination: { chain, pool: registered } }: Quote,
  { token, pool, wrapper, wrappedBridge }: ObstacleOptions["sinks"],
): Obstacle[] {
  const obstacle = (what: string): Obstacle[] => [
    { code: "receiver", what, recovery: "Name an account that can hold tokens with --receiver." },
  ];
  if (receiver === ZeroAddress) return obstacle("The receiver is the zero address.");
  if (receiver === wrapper || receiver === wrappedBridge) {
    const which = receiver === wrapper ? "the wrapper" : "the wrapped bridge";
    return obstacle(
      `The receiver ${receiver} is ${which} of ${chain}: what is sent to it belongs to nobody.`,
    );
  }
  if (![token, pool, registered].includes(receiver)) return [];
  return obstacle(
    `The receiver ${receiver} is ${receiver === token ? "the token" : "a pool"} of ${chain}: only its admin could get the tokens out again.`,
  );
}

function endObstacles(
  context: ReasonContext,
  { paused, epoch, curse }: TransferEnd,
  { refused, cursed }: { readonly refused: string; readonly cursed: string },
): Obstacle[] {
  const obstacle = (code: Obstacle["code"], error: string, effect: string): Obstacle =>
    fromReason(code, explainReason(context, error), ` ${effect}`);
  return [
    ...(epoch === 0n ? [obstacle("unsynced", "Unsynced", refused)] : []),
    ...(paused ? [obstacle("paused", "EnforcedPause", refused)] : []),
    ...(curse ? [obstacle("cursed", "CursedByRMN", cursed)] : []),
  ];
}

function fromReason(code: Obstacle["code"], { why, fixes }: Explanation, effect = ""): Obstacle {
  const recovery = fixes
    .map(({ command: fix, note }) => (fix === undefined ? note : `\`${fix}\`: ${note}`))
    .join("; ");
  return { code, what: `${why}${effect}`, recovery };
}

function wiringObstacles(mesh: string, source: TransferEnd, destination: TransferEnd): Obstacle[] {
  const obstacle = (what: string): Obstacle[] => {
    const recovery = `See what is missing with \`${command("mesh plan", { mesh })}\`.`;
    return [{ code: "unwired", what, recovery }];
  };
  return [[source, destination] as const, [destination, source] as const].flatMap(([end, peer]) => {
    if (end.pool === ZeroAddress) {
      return obstacle(`CCIP's registry on ${end.chain} has no pool for the token.`);
    }
    if (end.knowsPeer || peer.pool === ZeroAddress) return [];
    const whom = end === destination ? `the pool ${peer.pool} of ${peer.chain}` : peer.chain;
    return obstacle(`The pool ${end.pool} of ${end.chain} does not know ${whom}.`);
  });
}

function wrappedObstacles(
  mesh: string,
  { wrapped, source, destination }: Quote,
  minimum: bigint | undefined,
): Obstacle[] {
  if (!wrapped || source.epoch === 0n) return [];
  const { pairing, amount, arriving } = wrapped;
  const found = [
    [pairing.source, source, destination] as const,
    [pairing.destination, destination, source] as const,
  ].flatMap(([isPaired, at, peer]): Obstacle[] => {
    if (isPaired) return [];
    const what = `The wrapped bridge of ${at.chain} does not know that of ${peer.chain}.`;
    const recovery = `See what is missing with \`${command("mesh plan", { mesh })}\`.`;
    return [{ code: "unwired", what, recovery }];
  });
  const least = minimum ?? 1n;
  if (arriving >= least) return found;
  const what = `${exactTokens(arriving)} wrapped units of ${exactTokens(amount)} would arrive at the index of ${source.chain} now, and ${exactTokens(least)} have to.`;
  return [...found, { code: "amount", what, recovery: "Send more, or lower --minimum." }];
}

/** A lane is closed by the mesh file or on chain; each case is opened by a different account. */
function closedObstacles(
  config: MeshConfig,
  source: TransferEnd,
  destination: TransferEnd,
): Obstacle[] {
  const mesh = config.name;
  const lane = { source: source.chain, destination: destination.chain };
  const isShut = ({ bucket }: TransferEnd) => bucket !== undefined && isClosed(bucket);
  const shut = [
    ...(isShut(source) ? [`leave ${source.chain}`] : []),
    ...(isShut(destination) ? [`arrive on ${destination.chain}`] : []),
  ];
  const isDeclared = isDeclaredOpen(config, lane);
  if (isDeclared && shut.length === 0) return [];
  const what = `nothing may ${shut.length > 0 ? shut.join(" or ") : "pass"}`;
  const name = `The lane from ${lane.source} to ${lane.destination} is closed`;
  return [
    isDeclared
      ? {
          code: "closed",
          what: `${name}, though the file of mesh ${mesh} declares it open: ${what}.`,
          recovery: `Ask whether somebody closed it (\`${command("limits show", { mesh })}\`). What opens it is a step of \`${command("mesh plan", { mesh })}\`.`,
        }
      : {
          code: "closed",
          what: `${name} on purpose, by the file of mesh ${mesh}: ${what}.`,
          recovery: `Ask who closed it there. It opens once the file says so and \`${command("mesh apply", { mesh })}\` has run.`,
        },
  ];
}

function limitObstacles(
  context: ReasonContext,
  bucket: BucketState | undefined,
  amount: bigint,
): Obstacle[] {
  if (!bucket?.isEnabled || amount <= bucket.tokens || isClosed(bucket)) return [];
  const { capacity, tokens, rate } = bucket;
  // Seconds until the bucket holds the amount, if no transfer uses it meanwhile.
  const wait = rate === 0n ? 0n : (amount - tokens + rate - 1n) / rate;
  const values = {
    capacity: capacity.toString(),
    requested: amount.toString(),
    available: tokens.toString(),
    minWaitInSeconds: wait.toString(),
  };
  const error = amount > capacity ? "TokenMaxCapacityExceeded" : "TokenRateLimitReached";
  return [fromReason("limit", explainReason(context, error, values))];
}

function fundObstacles(
  { source: { chain, epoch }, amount: units, wrapped, fees, balances }: Quote,
  feeToken: FeeToken | undefined,
): Obstacle[] {
  if (!balances) return [];
  const { account, balance } = balances;
  const [amount, unit] = wrapped ? [wrapped.amount, "wrapped units"] : [units, "tokens"];
  const fee = feeToken && fees[feeToken].amount;
  const obstacles: Obstacle[] = [];
  const short = (what: string, recovery: string) =>
    obstacles.push({ code: "funds", what: `${account} has ${what}`, recovery });
  if (epoch > 0n && balance < amount) {
    short(
      `${exactTokens(balance)} ${unit} on ${chain}, and ${exactTokens(amount)} should leave.`,
      balance === 0n
        ? "Name the account that holds them with --account."
        : "Send less, or name another account with --account.",
    );
  }
  if (feeToken && fee !== undefined && fee > balances[feeToken]) {
    short(
      `${formatEther(balances[feeToken])} ${feeSymbol(chain, feeToken)} on ${chain}, and the fee is ${formatEther(fee)}.`,
      `Fund it, or pay with --fee-token ${feeToken === "link" ? "native" : "link"}.`,
    );
  }
  if (balances.native === 0n) {
    short(`no ${nativeSymbol(chain)} on ${chain} to pay gas with.`, "Fund it.");
  }
  return obstacles;
}

function feeObstacles({ source: { chain }, fees }: Quote, feeToken?: FeeToken): Obstacle[] {
  const wanted: readonly FeeToken[] = feeToken ? [feeToken] : ["native", "link"];
  return wanted.flatMap((token): Obstacle[] => {
    const { refusal } = fees[token];
    if (refusal === undefined) return [];
    const what = `CCIP on ${chain} names no fee in ${feeSymbol(chain, token)}: ${refusal}.`;
    return [{ code: "fee", what, recovery: "Try the other fee token, or wait." }];
  });
}
