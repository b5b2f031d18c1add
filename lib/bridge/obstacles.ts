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

/** A pool that does not know the other chain limits nothing. */
const UNLIMITED_BUCKET: BucketState = { ...UNLIMITED, tokens: 0n };

/** Options of the search for obstacles. */
export interface ObstacleOptions {
  /** The mesh file: its name and its rules for limits. */
  readonly config: MeshConfig;
  /** The destination's contracts, on which tokens must not land. */
  readonly sinks: { readonly token: string; readonly pool: string };
  /** The only fee token that counts; either unless named. */
  readonly feeToken?: FeeToken;
}

/**
 * Returns all obstacles of a transfer now. Those at its arrival count as well: the tokens would have
 * left, and the message would have to be executed by hand.
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
      // The commit or the execution reverts as a whole.
      cursed: "What is sent waits, and is executed only after the curse is lifted.",
    }),
    ...wiringObstacles(config.name, source, destination),
    ...closedObstacles(config, source, destination),
    ...limitObstacles(sending, source.bucket, amount),
    ...(destination.epoch > 0n ? limitObstacles(arrival, destination.bucket, arriving) : []),
    ...fundObstacles(quote, feeToken),
  ];
  // When CCIP names no fee, one of the above usually says why in better words.
  return found.length > 0 ? found : feeObstacles(quote, feeToken);
}

/** Returns what the catalogue of reasons has to know of both ends. */
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

/** Obstacles at one end that the catalogue of reasons explains, with their effect on the transfer. */
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

/** A lane that is closed by the mesh file, or on the chains; each is opened by another account. */
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

/** Returns the seconds until a bucket holds an amount that it can hold, if nothing else passes. */
export function secondsUntil({ tokens, rate }: BucketState, amount: bigint): bigint {
  if (amount <= tokens) return 0n;
  return rate === 0n ? 0n : (amount - tokens + rate - 1n) / rate;
}
