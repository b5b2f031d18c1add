import { openSteps } from "./step";
import type { Step } from "./step";

/** Steps by what they change: their names after the chain's. */
const SUBJECTS = {
  limits: /^pool\/(limits|room for|close to|fast [a-z ]+|pause fast to) /,
  pool: /^(pool|pool in use|registry\/pool|deployments\/pool|token\/(BRIDGE_ROLE|stray BRIDGE_ROLE|recover))(\/| |$)/,
  token: /^token\//,
  roles: /^[^/]+\/(stray )?[A-Z_]+_ROLE( |$)/,
} as const;

export type Subject = keyof typeof SUBJECTS;

/** A part of a plan: every step about one subject, and what has to be done before them. */
export interface Selection {
  readonly subject: Subject;
  /** Ids of the open steps that are about something else and come first. */
  readonly dependencies: readonly string[];
}

/**
 * Reads what `--only` names.
 * @throws with the subjects when it is none of them.
 */
export function parseSubject(text: string | undefined): Subject | undefined {
  const names = Object.keys(SUBJECTS) as Subject[];
  const found = names.find((name) => name === text);
  if (found !== undefined || text === undefined) return found;
  throw new Error(`--only "${text}" is not a part of a plan: use one of ${names.join(", ")}.`);
}

/** Keeps the open steps about a subject, and the open steps that these depend on; all that are done stay. */
export function selectSteps(
  steps: readonly Step[],
  subject: Subject,
): { readonly steps: readonly Step[]; readonly selection: Selection } {
  const open = new Map(openSteps(steps).map((step) => [step.id, step]));
  const named = [...open.values()].filter((step) => isAbout(step, subject));
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
  return {
    steps: steps.filter(({ id }) => !open.has(id) || chosen.has(id)),
    selection: {
      subject,
      dependencies: [...open.keys()].filter((id) => chosen.has(id) && !about.has(id)),
    },
  };
}

function isAbout({ id, chain }: Step, subject: Subject): boolean {
  return SUBJECTS[subject].test(id.slice(chain.length + 1));
}
