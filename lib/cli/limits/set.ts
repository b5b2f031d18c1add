import { OperatorError } from "../../core/errors";
import { toJson } from "../../core/json";
import { inboundLimit, isClosed, laneKey, outboundLimit, sameLimit } from "../../core/mesh/limit";
import type { LaneNames, RateLimit } from "../../core/mesh/limit";
import { requireLane } from "../../core/mesh/members";
import { requireChain } from "../../core/mesh/mesh";
import type { Mesh } from "../../core/mesh/mesh";
import { withLimit } from "../../core/mesh/parse";
import type { LimitSet, MeshConfig } from "../../core/mesh/schema";
import type { ApplyResult } from "../../mesh/apply";
import { limitInput, meshFileLine } from "../../mesh/limits/change";
import type { WantedLimit } from "../../mesh/limits/change";
import type { OperatorContext } from "../../mesh/operator";
import { limitsBetween } from "../../mesh/selection";
import { readLimits } from "../../mesh/components/pool/state";
import { limitText } from "../../mesh/stepBuilders";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";
import { resultDocument, resultText, workOff } from "../mesh/apply";
import type { WorkOptions } from "../mesh/apply";

/** Options for setting a lane's limits ahead of the mesh file. */
export interface SetLimitsOptions extends WantedLimit, WorkOptions {
  /** Network name of the source chain. */
  readonly from: string;
  /** Network name of the destination chain. */
  readonly to: string;
  /** Lower the inbound limit although messages in flight would exceed it. */
  readonly allowDestructive: boolean;
}

/**
 * Applies the plan of a mesh file with another limit for one lane, restricted to the limits between its two chains,
 * and prints the line that the mesh file needs.
 * @throws when a mesh file could not declare the limit, or the lane is not wired.
 */
export async function setLimits(
  context: OperatorContext,
  options: SetLimitsOptions,
  output: Output = consoleOutput,
): Promise<ApplyResult> {
  const { mesh } = context;
  const { from, to, json } = options;
  requireLane(mesh.config, options);
  const limit = limitInput(options);
  const lane = { source: from, destination: to };
  const config = withLimit(mesh.config, lane, limit);
  const changed = { ...mesh, config: await withLaneBack(mesh, config, lane) };
  const work = { ...options, only: limitsBetween(from, to), full: true };
  const { result } = await workOff({ ...context, mesh: changed }, work, output);
  const line = isDeclared(mesh.config, config, lane)
    ? undefined
    : meshFileLine(laneKey(lane), limit);
  if (json) {
    const meshFile = { upToDate: line === undefined, pairs: line };
    output.stdout(toJson({ ...resultDocument(mesh.config.name, result), ...lane, meshFile }));
  } else {
    const wanted = typeof limit === "string" ? limit : `${limit.capacity} tokens, +${limit.rate}/s`;
    output.stdout(`${laneKey(lane)}: ${wanted}.\n${resultText(mesh.config.name, result)}`);
  }
  if (line !== undefined) output.log(reminder(mesh.config, lane, line));
  return result;
}

/**
 * Returns a mesh file with the on-chain limit of the reverse lane: one call sets both directions of a pair, and
 * must not reset a limit that was set ahead of the mesh file.
 */
async function withLaneBack(mesh: Mesh, config: MeshConfig, lane: LaneNames): Promise<MeshConfig> {
  const [inbound, outbound] = await Promise.all([
    bucketsFor(mesh, lane.source, lane.destination),
    bucketsFor(mesh, lane.destination, lane.source),
  ]);
  const actual = limitSetOf(outbound.outbound, inbound.inbound);
  if (actual === undefined) return config;
  const back = laneKey({ source: lane.destination, destination: lane.source });
  const pairs = { ...config.lanes.pairs, [back]: actual };
  return { ...config, lanes: { ...config.lanes, pairs } };
}

async function bucketsFor(mesh: Mesh, name: string, peer: string) {
  const { remotes } = await readLimits(mesh, requireChain(mesh, name));
  const buckets = remotes.get(requireChain(mesh, peer).selector);
  if (buckets) return buckets;
  throw new OperatorError(
    "LANE_BLOCKED",
    `The pool of ${name} does not know ${peer}, so there is no lane between them: wire it with "mesh apply --mesh ${mesh.config.name}".`,
  );
}

/**
 * Returns the limit that a mesh file would declare for a lane with these buckets; undefined when one end has no
 * limit.
 */
function limitSetOf(outbound: RateLimit, inbound: RateLimit): LimitSet | undefined {
  if (outbound.isEnabled !== inbound.isEnabled) return undefined;
  if (!outbound.isEnabled) return "unlimited";
  if (isClosed(outbound) && isClosed(inbound)) return "closed";
  const { capacity, rate } = outbound;
  return { capacity, rate, inbound: { capacity: inbound.capacity, rate: inbound.rate } };
}

function isDeclared(declared: MeshConfig, wanted: MeshConfig, lane: LaneNames): boolean {
  return [outboundLimit, inboundLimit].every((limit) =>
    sameLimit(limit(declared, lane), limit(wanted, lane)),
  );
}

function reminder(config: MeshConfig, lane: LaneNames, line: string): string {
  const declared = limitText(outboundLimit(config, lane));
  return [
    `The mesh file still declares ${declared} for ${laneKey(lane)}: "mesh check --mesh ${config.name}" reports it, and "mesh apply" would set it back, until lanes.pairs in config/meshes has`,
    `  ${line}`,
  ].join("\n");
}
