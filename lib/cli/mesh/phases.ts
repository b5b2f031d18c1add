import type { Step } from "../../mesh/step";

/** Returns the phase of every step, from 1: one after the last phase of its dependencies. */
export function phasesOf(open: readonly Step[]): Map<string, number> {
  const levels = new Map<string, number>();
  // A plan lists a step after its dependencies.
  for (const { id, after } of open) {
    levels.set(id, 1 + Math.max(0, ...after.map((before) => levels.get(before) ?? 0)));
  }
  return levels;
}
