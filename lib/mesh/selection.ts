import { OperatorError } from "../core/errors";

import { openSteps } from "./step";
import type { Step } from "./step";

/** A part of a plan, by the subject of its steps. */
export interface Part {
  /** Its name in messages. */
  readonly name: string;
  has(step: Step): boolean;
}

/** A part of a plan: the steps about one subject, and their dependencies. */
export interface Selection {
  readonly name: string;
  /** Ids of open steps about other subjects that come first. */
  readonly dependencies: readonly string[];
}

/** Patterns of step ids, without the chain's name, by subject. */
const SUBJECTS = {
  limits: /^pool\/(limits|room for|close to|fast [a-z ]+|pause fast to|close fast to) /,
  pool: /^(pool|pool in use|registry\/pool|deployments\/pool|token\/(BRIDGE_ROLE|unexpected BRIDGE_ROLE|recover))(\/| |$)/,
  token: /^token\//,
  roles: /^[^/]+\/(unexpected )?[A-Z_]+_ROLE( |$)/,
} as const;

const isAbout = ({ id, chain }: Step, pattern: RegExp) => pattern.test(id.slice(chain.length + 1));

/**
 * Returns the part of a plan that `--only` names; undefined when it was omitted.
 * @throws listing the parts when it is none of them.
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

/** Returns the part of a plan that upgrades the tokens of some chains. */
export function upgradesOn(chains: readonly string[]): Part {
  return {
    name: `the token of ${chains.join(", ")}`,
    has: (step) => chains.includes(step.chain) && isAbout(step, /^token\/upgrade$/),
  };
}

/** Returns the part of a plan that sets the limits between two chains. */
export function limitsBetween(one: string, other: string): Part {
  const isFor = (step: Step, chain: string, peer: string) =>
    step.chain === chain &&
    step.id.endsWith(` ${peer}`) &&
    isAbout(step, /^pool\/(limits|room for|close to) /);
  return {
    name: `the limits between ${one} and ${other}`,
    has: (step) => isFor(step, one, other) || isFor(step, other, one),
  };
}

/** Keeps the open steps of a part with their open dependencies, and all steps that are done. */
export function selectSteps(
  steps: readonly Step[],
  part: Part,
): { readonly steps: readonly Step[]; readonly selection: Selection } {
  const open = new Map(openSteps(steps).map((step) => [step.id, step]));
  const chosen = new Set<string>();
  const choose = ({ id, after }: Step): void => {
    if (chosen.has(id)) return;
    chosen.add(id);
    for (const before of after) {
      const step = open.get(before);
      if (step) choose(step);
    }
  };
  for (const step of open.values()) if (part.has(step)) choose(step);
  const dependencies = [...open.values()]
    .filter((step) => chosen.has(step.id) && !part.has(step))
    .map(({ id }) => id);
  return {
    steps: steps.filter(({ id }) => !open.has(id) || chosen.has(id)),
    selection: { name: part.name, dependencies },
  };
}
