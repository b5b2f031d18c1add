const UNRELEASED = "## Unreleased";

/** A changelog with a version in it, and what that version brings. */
export interface ReleasedChangelog {
  readonly text: string;
  readonly notes: string;
}

/**
 * Moves what is under "Unreleased" into a version.
 * @param date of the release, yyyy-mm-dd.
 * @throws when there is nothing to release, or the version is there already.
 */
export function releaseChangelog(text: string, version: string, date: string): ReleasedChangelog {
  if (text.includes(`\n## ${version} `)) {
    throw new Error(`CHANGELOG.md has a version ${version} already: choose a higher one.`);
  }
  const start = text.indexOf(`${UNRELEASED}\n`);
  if (start === -1) throw new Error(`CHANGELOG.md has no "${UNRELEASED}": add that heading.`);
  const body = start + UNRELEASED.length;
  const next = text.indexOf("\n## ", body);
  const notes = text.slice(body, next === -1 ? undefined : next).trim();
  if (!notes) {
    throw new Error(
      `CHANGELOG.md has nothing under "${UNRELEASED}": write what ${version} brings.`,
    );
  }
  const heading = `${UNRELEASED}\n\n## ${version} - ${date}`;
  return { text: `${text.slice(0, start)}${heading}${text.slice(body)}`, notes };
}
