import { localMesh } from "../../../config/meshes/local";
import type { Output } from "../../../lib/cli/consoleOutput";
import { parseMesh } from "../../../lib/core/mesh/parse";
import type { MeshInput } from "../../../lib/core/mesh/schema";
import type { OperatorContext } from "../../../lib/mesh/operator";
import type { Scenario } from "../scenario";

/** A task that sends transactions, run without a terminal. */
export interface SendingTask {
  /** As it is typed: `scope task`. */
  readonly task: string;
  /** Its case, where there are several. */
  readonly how?: string;
  /** True where other tests wire, change and interrupt a mesh in the same way: it is left to the complete run. */
  readonly long?: boolean;
  /** True where it sends several transactions of an account at once. */
  readonly atOnce?: boolean;
  /** The mesh file, where it is not that of the local network. */
  readonly file?: () => Partial<MeshInput>;
  /** Brings about the situation that it is for. @returns what the run needs to know. */
  given?(s: Scenario): Promise<string | Scenario["mesh"] | void>;
  /** Runs it. @returns whether it reports that everything is done. */
  run(at: Run): Promise<boolean>;
}

/** One run of a task. */
export interface Run {
  /** The world, by its own node. */
  readonly s: Scenario;
  /** The operator's context, through the endpoint under test. */
  readonly context: OperatorContext;
  readonly output: Output;
  /** The hash that `given` returned. */
  readonly found: string;
}

/** Returns the title of a case. */
export function titleOf({ task, how }: SendingTask): string {
  return how === undefined ? task : `${task} (${how})`;
}

/** Returns the mesh of a task as an operator's file declares it. */
export function meshOf(s: Scenario, { file }: SendingTask): Scenario["mesh"] {
  return file ? { ...s.mesh, config: parseMesh({ ...localMesh(), ...file() }) } : s.mesh;
}
