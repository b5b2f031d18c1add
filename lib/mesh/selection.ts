import { OperatorError } from "../core/errors";

import { openSteps } from "./step";
import type { Step } from "./step";

/** Which steps of a plan are meant, by what they change. */
export interface Part {
  /** What the part is called on screens. */
  readonly name: string;
  has(step: Step): boolean;
}

/** A part of a plan as it was planned: the steps about one subject, and what has to be done before them. */
export interface Selection {
  readonly name: string;
  /** Ids of the open steps that are about something else and come first. */
  readonly dependencies: readonly string[];
}

/** Steps by their names after the chain's. */
const SUBJECTS = {
  limits: /^pool\/(limits|room for|close to|fast [a-z ]+|pause fast to|close fast to) /,
  pool: /^(pool|pool in use|registry\/pool|deployments\/pool|token\/(BRIDGE_ROLE|stray BRIDGE_ROLE|recover))(\/| |$)/,
  token: /^token\//,
  roles: /^[^/]+\/(stray )?[A-Z_]+_ROLE( |$)/,
} as const;

const isAbout = ({ id, chain }: Step, pattern: RegExp) => pattern.test(id.slice(chain.length + 1));

/**
 * Returns the part of a plan that `--only` names; undefined when it was left out.
 * @throws with the parts when it is none of them.
 */
export function parsePart(text: string | undefined): Part | undefined {
  if (text === undefined) return undefined;
  const [, pattern] = Object.entries(SUBJECTS).find(([name]) => name === text) ?? [];
  if (pattern) return { name: text, has: (step) => isAbout(step, pattern) };
  throw new OperatorError(
    "INVALID_OPTION",
    `--only "${text}" is not a part of a plan: use one of ${Object.keys(SUBJECTS).join(", ")}.`,
  );
}

/** Returns the steps by which the tokens of some chains are upgraded. */
export function upgradesOn(chains: readonly string[]): Part {
  return {
    name: `the token of ${chains.join(", ")}`,
    has: (step) => chains.includes(step.chain) && isAbout(step, /^token\/upgrade$/),
  };
}

/** Returns the steps that set the limits between two chains. */
export function limitsBetween(one: string, other: string): Part {
  return {
    name: `the limits between ${one} and ${other}`,
    has: (step) =>
      [
        [one, other],
        [other, one],
      ].some(
        ([chain, peer]) =>
          step.chain === chain &&
          isAbout(step, /^pool\/(limits|room for|close to) /) &&
          step.id.endsWith(` ${peer}`),
      ),
  };
}

/** Keeps the open steps of a part and the open steps that these depend on; all that are done stay. */
export function selectSteps(
  steps: readonly Step[],
  part: Part,
): { readonly steps: readonly Step[]; readonly selection: Selection } {
  const open = new Map(openSteps(steps).map((step) => [step.id, step]));
  const named = [...open.values()].filter((step) => part.has(step));
  const chosen = new Set<string>();
  const choose = ({ id, after }: Step): void => {
    if (chosen.has(id)) return;
    chosen.add(id);
    for (const before of after) {
      const step = open.get(before);
      if (step) choose(step);
    }
  };
  named.forEach(choose);
  const about = new Set(named.map(({ id }) => id));
  const dependencies = [...open.keys()].filter((id) => chosen.has(id) && !about.has(id));
  return {
    steps: steps.filter(({ id }) => !open.has(id) || chosen.has(id)),
    selection: { name: part.name, dependencies },
  };
}
