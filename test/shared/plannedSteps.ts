import type { ChainState, MeshState } from "../../lib/mesh/state";
import type { Step } from "../../lib/mesh/step";

/** Changes of what was read of a chain. */
export type Change = (now: ChainState) => Partial<ChainState>;

/** Returns what was read of a mesh, with some chains, by network name, read otherwise or not at all. */
export function readOtherwise(
  state: MeshState,
  changes: Partial<Record<string, Change | "not read">>,
): MeshState {
  const states = new Map(state);
  for (const [name, change] of Object.entries(changes)) {
    const now = states.get(name);
    if (change === "not read") states.delete(name);
    else if (now && change) states.set(name, { ...now, ...change(now) } as ChainState);
  }
  return states;
}

/** Returns the step of a plan with an id. */
export function stepOf(steps: readonly Step[], name: string): Step {
  const found = steps.find(({ id }) => id === name);
  if (!found) throw new Error(`There is no step ${name}.`);
  return found;
}
