import { OperatorError } from "../core/errors";

import { defiChapter } from "./defi/chapter";
import type { DefiFindings } from "./defi/chapter";
import { rebaseChapter } from "./rebaseChapter";
import { prepareScenario } from "./scenario";
import type { ScenarioContext } from "./scenario";

/** The chapters of the demo, the default one first. */
export const CHAPTERS = ["rebase", "defi"] as const;

export type Chapter = (typeof CHAPTERS)[number];

/** Parses the name of a chapter; throws naming the known ones. */
export function parseChapter(text: string): Chapter {
  const chapter = CHAPTERS.find((name) => name === text);
  if (chapter) return chapter;
  throw new OperatorError(
    "INVALID_OPTION",
    `--chapter "${text}" is not a chapter of the demo: write ${CHAPTERS.join(" or ")}.`,
  );
}

/**
 * Runs a chapter on a wired mesh with two satellites or more, and checks every invariant in it.
 * @throws InvariantViolationError when something did not hold.
 */
export async function runChapter(
  chapter: Chapter,
  context: ScenarioContext,
): Promise<DefiFindings | undefined> {
  const run = prepareScenario(context);
  if (chapter === "defi") return defiChapter(run);
  await rebaseChapter(run);
  return undefined;
}
