import { OperatorError } from "../../core/errors";
import { exactTokens } from "../../core/amount";
import { requireLane } from "../../core/mesh/members";
import type { TypedLane } from "../../core/mesh/members";
import type { LimitSetInput, MeshConfig } from "../../core/mesh/schema";
import { withLimit } from "../../core/mesh/parse";
import { parseBucketAmount } from "../../core/units";

/** A lane's limit as typed on the command line: amounts in whole tokens. */
export interface WantedLimit {
  /** Outbound capacity. */
  readonly capacity?: string;
  /** Outbound refill rate, tokens per second. */
  readonly rate?: string;
  /** Inbound capacity; derived from the outbound limit unless given. */
  readonly inboundCapacity?: string;
  readonly inboundRate?: string;
  readonly unlimited: boolean;
  readonly closed: boolean;
}

/** Converts the typed limit to its form in a mesh file; throws naming the options that are missing or conflict. */
export function limitInput(wanted: WantedLimit): LimitSetInput {
  const { capacity, rate, inboundCapacity, inboundRate, unlimited, closed } = wanted;
  if ([capacity !== undefined, unlimited, closed].filter(Boolean).length !== 1) {
    throw invalid(
      "Say one of --capacity <tokens> with --rate <tokens per second>, --unlimited, or --closed.",
    );
  }
  if (capacity === undefined) {
    const others = { rate, "inbound-capacity": inboundCapacity, "inbound-rate": inboundRate };
    const [unexpected] = Object.entries(others).find(([, text]) => text) ?? [];
    if (unexpected) {
      throw invalid(`--${unexpected} only goes with --capacity <tokens>: leave it out.`);
    }
    return unlimited ? "unlimited" : "closed";
  }
  if (rate === undefined) {
    throw invalid("--capacity needs --rate <tokens per second>, by which the bucket refills.");
  }
  const outbound = {
    capacity: tokens(capacity, "--capacity"),
    rate: tokens(rate, "--rate"),
  };
  if (inboundCapacity === undefined && inboundRate === undefined) return outbound;
  if (inboundCapacity === undefined || inboundRate === undefined) {
    throw invalid("--inbound-capacity and --inbound-rate go together: say both or neither.");
  }
  const inbound = {
    capacity: tokens(inboundCapacity, "--inbound-capacity"),
    rate: tokens(inboundRate, "--inbound-rate"),
  };
  return { ...outbound, inbound };
}

function invalid(message: string): OperatorError {
  return new OperatorError("INVALID_OPTION", message);
}

/** Checks a typed lane and its limit before any chain is read; throws naming the option or the value. */
export function typedLimit(config: MeshConfig, typed: TypedLane & WantedLimit): LimitSetInput {
  requireLane(config, typed);
  const limit = limitInput(typed);
  withLimit(config, { source: typed.from, destination: typed.to }, limit);
  return limit;
}

/** Converts an amount to its form in a mesh file: without thousands separators. */
function tokens(text: string, option: string): string {
  return exactTokens(parseBucketAmount(text, { option }));
}

/** Returns the line under `lanes.pairs` of a mesh file that declares a limit for a lane. */
export function meshFileLine(lane: string, limit: LimitSetInput): string {
  const bucket = ({ capacity, rate }: { capacity: string; rate: string }) =>
    `capacity: "${capacity}", rate: "${rate}"`;
  if (typeof limit === "string") return `"${lane}": "${limit}",`;
  const { inbound } = limit;
  return `"${lane}": { ${bucket(limit)}${inbound ? `, inbound: { ${bucket(inbound)} }` : ""} },`;
}
