import { ZeroAddress } from "ethers";

import {
  UNLIMITED,
  isClosed,
  isDeclaredOpen,
  leastInbound,
  widestOutbound,
} from "../core/mesh/limit";
import type { BucketState } from "../core/mesh/limit";
import type { MeshConfig } from "../core/mesh/schema";
import { explainReason } from "../core/reasons/catalogue";
import type { Explanation, ReasonContext } from "../core/reasons/reason";
import { command } from "../core/recovery";

import {
  amountObstacles,
  feeObstacles,
  fundObstacles,
  receiverObstacles,
} from "./accountObstacles";
import type { Obstacle } from "./obstacle";
import type { FeeToken, TransferEnd, Quote } from "./quote";

/** A pool that does not support the other chain has no limit. */
const UNLIMITED_BUCKET: BucketState = { ...UNLIMITED, tokens: 0n };

export interface ObstacleOptions {
  /** The mesh file, for the mesh's name and its rules for limits. */
  readonly config: MeshConfig;
  /** The destination's contracts, which must not receive tokens. */
  readonly sinks: { readonly token: string; readonly pool: string };
  /** The only fee token to consider; both unless given. */
  readonly feeToken?: FeeToken;
}

/**
 * Returns all current obstacles of a transfer, including those at its arrival: tokens that cannot arrive would have
 * left already, and the message would need manual execution.
 */
export function obstaclesOf(quote: Quote, options: ObstacleOptions): Obstacle[] {
  const { source, destination, amount, arriving } = quote;
  const { config, feeToken } = options;
  // No limit could be raised far enough for an amount that cannot exist.
  const impossible = amountObstacles(quote);
  if (impossible.length > 0) return impossible;
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
  const { name, live, token } = config;
  const mesh = { name, live, symbol: token.symbol };
  const lane = { source: source.chain, destination: destination.chain };
  const outbound = source.bucket ?? UNLIMITED_BUCKET;
  const limits = {
    outbound,
    widest: widestOutbound(config),
    isDeclaredOpen: isDeclaredOpen(config, lane),
  };
  const inbound = destination.bucket && {
    inbound: destination.bucket,
    least: leastInbound(config, outbound),
  };
  const contextAt = (
    { chain, timestamp, curse }: TransferEnd,
    peer: TransferEnd,
    direction: ReasonContext["direction"],
  ): ReasonContext => ({
    mesh,
    direction,
    chain,
    peer: peer.chain,
    at: timestamp,
    curse: curse && { what: curse },
    limits: direction === "send" ? limits : { ...limits, ...inbound },
  });
  return [contextAt(source, destination, "send"), contextAt(destination, source, "execution")];
}

/**
 * Returns the obstacles at one end that the catalogue of revert reasons explains, with their effect on the
 * transfer.
 */
function endObstacles(
  context: ReasonContext,
  { paused, epoch }: TransferEnd,
  effect: { readonly refused: string; readonly cursed: string },
): Obstacle[] {
  const obstacle = (code: Obstacle["code"], error: string, then: string): Obstacle =>
    fromReason(code, explainReason(context, error), then);
  return [
    ...(epoch === 0n ? [obstacle("unsynced", "Unsynced", effect.refused)] : []),
    ...(paused ? [obstacle("paused", "EnforcedPause", effect.refused)] : []),
    ...(context.curse ? [obstacle("cursed", "CursedByRMN", effect.cursed)] : []),
  ];
}

function fromReason(
  code: Obstacle["code"],
  { why, fixes }: Explanation,
  effect?: string,
): Obstacle {
  return {
    code,
    what: effect === undefined ? why : `${why} ${effect}`,
    recovery: fixes
      .map(({ command: fix, note }) => (fix === undefined ? note : `\`${fix}\`: ${note}`))
      .join("; "),
  };
}

function wiringObstacles(mesh: string, source: TransferEnd, destination: TransferEnd): Obstacle[] {
  const recovery = `See what is missing with \`${command("mesh plan", { mesh })}\`.`;
  return [[source, destination] as const, [destination, source] as const].flatMap(
    ([end, peer]): Obstacle[] => {
      if (end.pool === ZeroAddress) {
        const what = `CCIP's registry on ${end.chain} has no pool for the token.`;
        return [{ code: "unwired", what, recovery }];
      }
      if (end.knowsPeer || peer.pool === ZeroAddress) return [];
      const whom = end === destination ? `the pool ${peer.pool} of ${peer.chain}` : peer.chain;
      return [
        {
          code: "unwired",
          what: `The pool ${end.pool} of ${end.chain} does not know ${whom}.`,
          recovery,
        },
      ];
    },
  );
}

/**
 * Returns the obstacle of a lane that is closed by the mesh file or on chain; each case is opened by a different
 * account.
 */
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
  const what = `nothing may ${shut.length > 0 ? shut.join(" or ") : "pass"}`;
  if (!isDeclaredOpen(config, lane)) {
    return [
      {
        code: "closed",
        what: `The lane from ${lane.source} to ${lane.destination} is closed on purpose, by the file of mesh ${mesh}: ${what}.`,
        recovery: `Ask who closed it there. It opens once the file says so and \`${command("mesh apply", { mesh })}\` has run.`,
      },
    ];
  }
  if (shut.length === 0) return [];
  return [
    {
      code: "closed",
      what: `The lane from ${lane.source} to ${lane.destination} is closed, though the file of mesh ${mesh} declares it open: ${what}.`,
      recovery: `Ask whether somebody closed it (\`${command("limits show", { mesh })}\`). What opens it is a step of \`${command("mesh plan", { mesh })}\`.`,
    },
  ];
}

function limitObstacles(
  context: ReasonContext,
  bucket: BucketState | undefined,
  amount: bigint,
): Obstacle[] {
  if (!bucket?.isEnabled || amount <= bucket.tokens || isClosed(bucket)) return [];
  const isNever = amount > bucket.capacity;
  const values = {
    capacity: bucket.capacity.toString(),
    requested: amount.toString(),
    available: bucket.tokens.toString(),
    minWaitInSeconds: secondsUntil(bucket, amount).toString(),
  };
  const error = isNever ? "TokenMaxCapacityExceeded" : "TokenRateLimitReached";
  return [fromReason("limit", explainReason(context, error, values))];
}

/** Returns the seconds until a bucket holds an amount within its capacity, if no transfer uses it meanwhile. */
export function secondsUntil({ tokens, rate }: BucketState, amount: bigint): bigint {
  if (amount <= tokens) return 0n;
  return rate === 0n ? 0n : (amount - tokens + rate - 1n) / rate;
}
