import { CodedError } from "../errors";
import { mistakesIn } from "../input/schema";

import { crossFieldErrors } from "./crossFieldErrors";
import type { CrossFieldError } from "./crossFieldErrors";
import { laneKey } from "./limit";
import type { LaneNames } from "./limit";
import { bucketSet, meshSchema } from "./schema";
import type { LimitSetInput, MeshConfig } from "./schema";

/** Thrown for a mesh file with mistakes. */
export class MeshConfigError extends CodedError {
  override readonly name = "MeshConfigError";
  readonly code = "INVALID_MESH_FILE";
}

/** Validates a mesh file; throws a MeshConfigError naming the path of every mistake and the expected value. */
export function parseMesh(
  input: unknown,
  {
    networks,
    file = "The mesh file",
  }: { readonly networks?: readonly string[]; readonly file?: string } = {},
): MeshConfig {
  const { data, error } = meshSchema.safeParse(input);
  const mistakes = error
    ? mistakesIn(error, input, "mesh")
    : [...crossFieldErrors(data, networks)].map(lineOf);
  if (data && mistakes.length === 0) return data;
  throw new MeshConfigError(`${file} has mistakes:\n${mistakes.join("\n")}`);
}

/** Returns a mesh with another limit for one lane, validated like a mesh file; throws a MeshConfigError. */
export function withLimit(config: MeshConfig, lane: LaneNames, limit: LimitSetInput): MeshConfig {
  const key = laneKey(lane);
  const { data, error } = typeof limit === "string" ? { data: limit } : bucketSet.safeParse(limit);
  if (data === undefined) {
    throw limitError(
      error.issues.map(({ path, message }) => [["lanes.pairs", key, ...path].join("."), message]),
    );
  }
  const { lanes } = config;
  const changed = { ...config, lanes: { ...lanes, pairs: { ...lanes.pairs, [key]: data } } };
  const known = new Set([...crossFieldErrors(config)].map(([path]) => path));
  const mistakes = [...crossFieldErrors(changed)].filter(([path]) => !known.has(path));
  if (mistakes.length > 0) throw limitError(mistakes);
  return changed;
}

function limitError(mistakes: readonly CrossFieldError[]): MeshConfigError {
  const lines = mistakes.map(lineOf).join("\n");
  return new MeshConfigError(`The limit is not valid in the mesh file:\n${lines}`);
}

function lineOf([path, message]: CrossFieldError): string {
  return `  ${path}: ${message}`;
}
