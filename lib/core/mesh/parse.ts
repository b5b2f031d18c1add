import { CodedError } from "../errors";
import { mistakesIn } from "../input/schema";

import { crossFieldErrors } from "./crossFieldErrors";
import { laneKey } from "./limit";
import type { LaneNames } from "./limit";
import { bucketSet, meshSchema } from "./schema";
import type { LimitSetInput, MeshConfig } from "./schema";

/** Thrown for a mesh file with mistakes. */
export class MeshConfigError extends CodedError {
  override readonly name = "MeshConfigError";
  readonly code = "INVALID_MESH_FILE";
}

export interface ParseOptions {
  /** Every known network name; any name is accepted if omitted. */
  readonly networks?: readonly string[];
  /** The file name for errors. */
  readonly file?: string;
}

/**
 * Validates a mesh file.
 * @throws MeshConfigError naming the path of every mistake and the expected value.
 */
export function parseMesh(
  input: unknown,
  { networks, file = "The mesh file" }: ParseOptions = {},
): MeshConfig {
  const result = meshSchema.safeParse(input);
  const mistakes = result.success
    ? crossFieldErrors(result.data, networks).map(({ path, message }) => `  ${path}: ${message}`)
    : mistakesIn(result.error, input, "mesh");
  if (mistakes.length > 0 || !result.success) {
    throw new MeshConfigError(`${file} has mistakes:\n${mistakes.join("\n")}`);
  }
  return result.data;
}

/**
 * Returns a mesh with another limit for one lane, validated like a mesh file.
 * @throws MeshConfigError with the mistake and the expected value.
 */
export function withLimit(config: MeshConfig, lane: LaneNames, limit: LimitSetInput): MeshConfig {
  const path = `lanes.pairs.${laneKey(lane)}`;
  const parsed =
    typeof limit === "string"
      ? { success: true as const, data: limit }
      : bucketSet.safeParse(limit);
  if (!parsed.success) {
    throw limitError(
      parsed.error.issues.map((issue) => ({
        path: [path, ...issue.path].join("."),
        message: issue.message,
      })),
    );
  }
  const { lanes } = config;
  const pairs = { ...lanes.pairs, [laneKey(lane)]: parsed.data };
  const changed = { ...config, lanes: { ...lanes, pairs } };
  const known = new Set(crossFieldErrors(config).map((mistake) => mistake.path));
  const mistakes = crossFieldErrors(changed).filter((mistake) => !known.has(mistake.path));
  if (mistakes.length > 0) throw limitError(mistakes);
  return changed;
}

function limitError(mistakes: readonly { path: string; message: string }[]): MeshConfigError {
  const lines = mistakes.map(({ path, message }) => `  ${path}: ${message}`);
  return new MeshConfigError(`The limit is not valid in the mesh file:\n${lines.join("\n")}`);
}
