import { OperatorError } from "../../core/errors";
import { exactTokens } from "../../core/amount";
import { encodeLimits } from "../components/pool";
import { inboundLimit, isTighter, laneKey, outboundLimit, sameLimit } from "../../core/mesh/limit";
import type { RateLimit } from "../../core/mesh/limit";
import { requireLane } from "../../core/mesh/members";
import type { TypedLane } from "../../core/mesh/members";
import type { MeshChain } from "../../core/mesh/mesh";
import type { LimitSetInput, MeshConfig } from "../../core/mesh/schema";
import { withLimit } from "../../core/mesh/parse";
import type { Permission } from "../signing";
import type { PoolLimits } from "../state";
import { parseBucketAmount } from "../../core/units";

/** What is wanted of a lane, as it is typed: amounts in whole tokens. */
export interface WantedLimit {
  /** The most that may leave at once. */
  readonly capacity?: string;
  /** By how much the bucket refills, tokens per second. */
  readonly rate?: string;
  /** The same of what may arrive; it follows from what may leave unless named. */
  readonly inboundCapacity?: string;
  readonly inboundRate?: string;
  readonly unlimited: boolean;
  readonly closed: boolean;
}

/** A lane, its two chains, and what their pools have now. */
export interface LaneSite {
  readonly source: MeshChain;
  readonly destination: MeshChain;
  readonly sourceLimits: PoolLimits;
  readonly destinationLimits: PoolLimits;
}

/** One transaction that sets a limit at one end of a lane. */
export interface LimitChange {
  readonly chain: MeshChain;
  readonly end: "outbound" | "inbound";
  readonly before: RateLimit;
  readonly after: RateLimit;
  /** Whether less fits the bucket than before. */
  readonly tightens: boolean;
  /** Who may send it, the rate limit admin first. */
  readonly permissions: readonly Permission[];
  readonly call: { readonly to: string; readonly data: string };
}

/**
 * The words of a mesh file for what was typed.
 * @throws naming the options that are missing or do not go together.
 */
export function limitInput(wanted: WantedLimit): LimitSetInput {
  const { capacity, rate, inboundCapacity, inboundRate, unlimited, closed } = wanted;
  const kinds = [capacity !== undefined, unlimited, closed].filter(Boolean).length;
  if (kinds !== 1) {
    throw new OperatorError(
      "INVALID_OPTION",
      "Say one of --capacity <tokens> with --rate <tokens per second>, --unlimited, or --closed.",
    );
  }
  if (capacity === undefined) {
    const unexpected = Object.entries({ rate, inboundCapacity, inboundRate }).find(
      ([, text]) => text,
    );
    if (unexpected) {
      throw new OperatorError(
        "INVALID_OPTION",
        `--${kebab(unexpected[0])} only goes with --capacity <tokens>: leave it out.`,
      );
    }
    return unlimited ? "unlimited" : "closed";
  }
  if (rate === undefined) {
    throw new OperatorError(
      "INVALID_OPTION",
      "--capacity needs --rate <tokens per second>, by which the bucket refills.",
    );
  }
  if ((inboundCapacity === undefined) !== (inboundRate === undefined)) {
    throw new OperatorError(
      "INVALID_OPTION",
      "--inbound-capacity and --inbound-rate go together: say both or neither.",
    );
  }
  return {
    capacity: tokens(capacity, "--capacity"),
    rate: tokens(rate, "--rate"),
    ...(inboundCapacity !== undefined &&
      inboundRate !== undefined && {
        inbound: {
          capacity: tokens(inboundCapacity, "--inbound-capacity"),
          rate: tokens(inboundRate, "--inbound-rate"),
        },
      }),
  };
}

/**
 * Reads what somebody types of a lane's limits, as far as no chain has to be asked.
 * @throws naming the option, or what a mesh file could not say.
 */
export function typedLimit(config: MeshConfig, typed: TypedLane & WantedLimit): LimitSetInput {
  requireLane(config, typed);
  const limit = limitInput(typed);
  withLimit(config, { source: typed.from, destination: typed.to }, limit);
  return limit;
}

/** An amount as a mesh file has it, without the commas that somebody types. */
function tokens(text: string, option: string): string {
  return exactTokens(parseBucketAmount(text, { option }));
}

/**
 * What has to be sent to give a lane other limits, in the order in which nothing gets stuck: room is
 * made where tokens arrive before more may leave, and less leaves before less may arrive. Empty when
 * it is so already.
 * @throws MeshConfigError when a mesh file could not say so, or when the lane is not wired.
 */
export function limitChanges(
  config: MeshConfig,
  { source, destination, sourceLimits, destinationLimits }: LaneSite,
  limit: LimitSetInput,
): LimitChange[] {
  const lane = { source: source.name, destination: destination.name };
  const changed = withLimit(config, lane, limit);
  const leaving = sourceLimits.remotes.get(destination.selector);
  const arriving = destinationLimits.remotes.get(source.selector);
  if (!leaving || !arriving) {
    const [blind, peer] = leaving ? [destination, source] : [source, destination];
    throw new OperatorError(
      "LANE_BLOCKED",
      `The pool of ${blind.name} does not know ${peer.name}, so ${laneKey(lane)} is no lane yet: wire it with "mesh apply --mesh ${config.name}".`,
    );
  }
  const outbound = outboundLimit(changed, lane);
  const inbound = inboundLimit(changed, lane);
  const sending = change(source, sourceLimits, "outbound", leaving.outbound, outbound, (limit_) => [
    destination.selector,
    limit_,
    leaving.inbound,
  ]);
  const receiving = change(
    destination,
    destinationLimits,
    "inbound",
    arriving.inbound,
    inbound,
    (limit_) => [source.selector, arriving.outbound, limit_],
  );
  const order = receiving.tightens ? [sending, receiving] : [receiving, sending];
  return order.filter(({ before, after }) => !sameLimit(before, after));
}

/** The line of a mesh file that declares a limit for a lane, to stand under `lanes.pairs`. */
export function meshFileLine(lane: string, limit: LimitSetInput): string {
  const bucket = ({ capacity, rate }: { capacity: string; rate: string }) =>
    `capacity: "${capacity}", rate: "${rate}"`;
  if (typeof limit === "string") return `"${lane}": "${limit}",`;
  const { inbound } = limit;
  return `"${lane}": { ${bucket(limit)}${inbound ? `, inbound: { ${bucket(inbound)} }` : ""} },`;
}

function change(
  chain: MeshChain,
  { owner, rateLimitAdmin, generation }: PoolLimits,
  end: LimitChange["end"],
  before: RateLimit,
  after: RateLimit,
  args: (after: RateLimit) => [selector: bigint, outbound: RateLimit, inbound: RateLimit],
): LimitChange {
  return {
    chain,
    end,
    before,
    after,
    tightens: isTighter(after, before),
    permissions: [
      { account: rateLimitAdmin, as: "rate limit admin of the pool" },
      { account: owner, as: "owner of the pool" },
    ],
    call: {
      to: chain.contracts.pool,
      data: encodeLimits(generation, ...args(after)),
    },
  };
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
