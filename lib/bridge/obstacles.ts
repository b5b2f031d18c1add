import { ZeroAddress, formatEther } from "ethers";

import { feeSymbol, nativeSymbol } from "../core/chains";
import { exactTokens } from "../core/amount";
import type { ErrorCode } from "../core/errors";
import {
  UNLIMITED,
  isClosed,
  isDeclaredOpen,
  leastInbound,
  widestOutbound,
} from "../core/mesh/limit";
import type { BucketState } from "../core/mesh/limit";
import type { MeshConfig } from "../core/mesh/schema";
import { MAX_SHARES } from "../core/units";
import { wideInbound, wideOutbound } from "../core/reasons/limits";
import type { LimitedLane } from "../core/reasons/limits";
import { command } from "../core/recovery";
import type { Recovery } from "../core/recovery";

import type { FeeToken, LaneEnd, Quote } from "./quote";

/** Something that keeps a transfer from being sent, or from arriving. */
export interface Obstacle {
  /** Short and stable, for machines. */
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
  /** What is in the way, with the values. */
  readonly what: string;
  readonly recovery: string;
}

/** Error codes of obstacles that have one of their own. */
const ERROR_CODES: Partial<Record<Obstacle["code"], ErrorCode>> = {
  amount: "INVALID_AMOUNT",
  closed: "LANE_CLOSED",
  funds: "NOT_ENOUGH_FUNDS",
  paused: "TOKEN_PAUSED",
  receiver: "INVALID_ADDRESS",
};

/** Returns the error code of a transfer that is not sent for its obstacles: that of the first. */
export function obstacleCode([first]: readonly Obstacle[]): ErrorCode {
  return (first && ERROR_CODES[first.code]) ?? "LANE_BLOCKED";
}

/** A pool that does not know the other chain limits nothing. */
const UNLIMITED_BUCKET: BucketState = { ...UNLIMITED, tokens: 0n };

/** What obstacles are told with. */
export interface ObstacleContext {
  /** What the mesh file says: its name and its rules for limits, for the commands that help. */
  readonly config: MeshConfig;
  /** The destination's contracts, on which tokens must not land. */
  readonly sinks: { readonly token: string; readonly pool: string };
  /** Only whether a fee in this can be paid is looked at; in either unless named. */
  readonly feeToken?: FeeToken;
}

/**
 * Everything that is in the way of a transfer now. What would only fail on arrival counts as well:
 * the tokens would have left, and somebody would have to execute the message by hand.
 */
export function obstaclesOf(quote: Quote, context: ObstacleContext): Obstacle[] {
  const { source, destination, amount, arriving } = quote;
  const { config, feeToken } = context;
  const mesh = config.name;
  const lane = { mesh, from: source.chain, to: destination.chain };
  // No limit could be raised far enough for what cannot exist.
  const impossible = amountObstacles(quote);
  if (impossible.length > 0) return impossible;
  const found = [
    ...receiverObstacles(quote, context),
    ...endObstacles(config, source, destination, {
      refused: "nothing can be sent from it",
      cursed: "nothing can be sent from it",
    }),
    ...endObstacles(config, destination, source, {
      refused: "what arrives on it fails and has to be executed by hand later",
      // CCIP does not touch it: the commit or the execution reverts as a whole.
      cursed: "what is sent waits, and is executed only after the curse is lifted",
    }),
    ...wiringObstacles(mesh, source, destination),
    ...closedObstacles(config, source, destination),
    ...limitObstacles(lane, source, amount, (bucket) =>
      wideOutbound(lane, amount, { outbound: bucket, widest: widestOutbound(config) }),
    ),
    ...(destination.epoch > 0n
      ? limitObstacles(lane, destination, arriving, (inbound) =>
          wideInbound(lane, arriving, {
            inbound,
            outbound: source.bucket ?? UNLIMITED_BUCKET,
            least: leastInbound(config, source.bucket ?? UNLIMITED_BUCKET),
          }),
        )
      : []),
    ...fundObstacles(quote, feeToken),
  ];
  // When CCIP names no fee, one of the above usually says why in better words.
  return found.length > 0 ? found : feeObstacles(quote, feeToken);
}

function amountObstacles({ amount, shares, source: { chain } }: Quote): Obstacle[] {
  if (shares <= MAX_SHARES) return [];
  const most = (MAX_SHARES * amount) / shares;
  return [
    {
      code: "amount",
      what: `${exactTokens(amount)} tokens cannot exist on ${chain} at the index that counts now.`,
      recovery: `Send at most ${exactTokens(most)} tokens.`,
    },
  ];
}

function receiverObstacles(
  { receiver, destination: { chain, pool: registered } }: Quote,
  { sinks: { token, pool } }: ObstacleContext,
): Obstacle[] {
  const recovery = "Name an account that can hold tokens with --receiver.";
  if (receiver === ZeroAddress) {
    return [{ code: "receiver", what: "The receiver is the zero address.", recovery }];
  }
  if (![token, pool, registered].includes(receiver)) return [];
  const what = `The receiver ${receiver} is ${receiver === token ? "the token" : "a pool"} of ${chain}: only its admin could get the tokens out again.`;
  return [{ code: "receiver", what, recovery }];
}

function endObstacles(
  { name: mesh, live }: MeshConfig,
  { chain, paused, epoch, cursed, curse }: LaneEnd,
  { chain: peer }: LaneEnd,
  effect: { readonly refused: string; readonly cursed: string },
): Obstacle[] {
  const remote = curse === "everything" ? undefined : peer;
  return [
    ...(epoch === 0n
      ? [
          {
            code: "unsynced" as const,
            what: `${chain} is unsynced, no broadcast has reached it: ${effect.refused}.`,
            recovery: `Send it the index with \`${command("rebase broadcast", { mesh })}\`, and wait until it is there.`,
          },
        ]
      : []),
    ...(paused
      ? [
          {
            code: "paused" as const,
            what: `The token on ${chain} is paused: ${effect.refused}.`,
            recovery: `Wait until operations unpause it with \`${command("token unpause", { chain, mesh })}\`.`,
          },
        ]
      : []),
    ...(cursed
      ? [
          {
            code: "cursed" as const,
            what: `CCIP's risk management has cursed the lane on ${chain}: ${effect.cursed}.`,
            recovery: live
              ? "Wait until Chainlink lifts the curse: nobody else can."
              : `Lift it on the local network with \`${command("localnet uncurse", { chain, remote })}\`.`,
          },
        ]
      : []),
  ];
}

function wiringObstacles(mesh: string, source: LaneEnd, destination: LaneEnd): Obstacle[] {
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
 * A lane that lets nothing through: because the mesh file says so, because somebody closed it on the
 * chains, or because it was never opened. Each is undone by somebody else.
 */
function closedObstacles(config: MeshConfig, source: LaneEnd, destination: LaneEnd): Obstacle[] {
  const mesh = config.name;
  const lane = { source: source.chain, destination: destination.chain };
  const isShut = ({ bucket }: LaneEnd) => bucket !== undefined && isClosed(bucket);
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
  lane: LimitedLane,
  { chain, bucket }: LaneEnd,
  amount: bigint,
  widen: (bucket: BucketState) => readonly Recovery[],
): Obstacle[] {
  if (!bucket?.isEnabled || amount <= bucket.tokens || isClosed(bucket)) return [];
  const { capacity, tokens } = bucket;
  const verb = chain === lane.to ? "arrive on" : "leave";
  const subject = `${exactTokens(amount)} tokens would ${verb} ${chain}`;
  if (amount > capacity) {
    const what = `${subject}, where at most ${exactTokens(capacity)} may at once.`;
    const [wider] = widen(bucket);
    const recovery = !wider
      ? "Send less."
      : wider.command === undefined
        ? `Send less: ${wider.note}.`
        : `Send less, or have the limit raised with \`${wider.command}\`.`;
    return [{ code: "limit", what, recovery }];
  }
  return [
    {
      code: "limit",
      what: `${subject}, where ${exactTokens(tokens)} of ${exactTokens(capacity)} may now.`,
      recovery: `Wait ${secondsUntil(bucket, amount)} s, or send less.`,
    },
  ];
}

/** Seconds until a bucket holds an amount that it can hold, if nobody else takes from it. */
export function secondsUntil({ tokens, rate }: BucketState, amount: bigint): bigint {
  if (amount <= tokens) return 0n;
  return rate === 0n ? 0n : (amount - tokens + rate - 1n) / rate;
}

function fundObstacles(
  { source: { chain, epoch }, amount, fees, balances }: Quote,
  feeToken: FeeToken | undefined,
): Obstacle[] {
  if (!balances) return [];
  const { account, balance, native, link } = balances;
  const short = (what: string, recovery: string): Obstacle => ({ code: "funds", what, recovery });
  const fee = feeToken && fees[feeToken].amount;
  return [
    ...(epoch > 0n && balance < amount
      ? [
          short(
            `${account} has ${exactTokens(balance)} tokens on ${chain}, and ${exactTokens(amount)} should leave.`,
            balance === 0n
              ? "Name the account that holds them with --account."
              : "Send less, or name another account with --account.",
          ),
        ]
      : []),
    ...(fee !== undefined && feeToken === "native" && native < fee
      ? [
          short(
            `${account} has ${formatEther(native)} ${nativeSymbol(chain)} on ${chain}, and the fee is ${formatEther(fee)}.`,
            "Fund it, or pay with --fee-token link.",
          ),
        ]
      : []),
    ...(fee !== undefined && feeToken === "link" && link < fee
      ? [
          short(
            `${account} has ${formatEther(link)} LINK on ${chain}, and the fee is ${formatEther(fee)}.`,
            "Fund it, or pay with --fee-token native.",
          ),
        ]
      : []),
    ...(native === 0n
      ? [short(`${account} has no ${nativeSymbol(chain)} on ${chain} to pay gas with.`, "Fund it.")]
      : []),
  ];
}

function feeObstacles({ source: { chain }, fees }: Quote, feeToken?: FeeToken): Obstacle[] {
  const wanted: readonly FeeToken[] = feeToken ? [feeToken] : ["native", "link"];
  return wanted.flatMap((token) => {
    const { refusal } = fees[token];
    if (refusal === undefined) return [];
    const what = `CCIP on ${chain} names no fee in ${feeSymbol(chain, token)}: ${refusal}.`;
    return [{ code: "fee" as const, what, recovery: "Try the other fee token, or wait." }];
  });
}
