/** The least similarity of two names for one to be suggested for the other, from 0 to 1. */
const ALIKE = 0.5;

/** Returns the most similar name to a mistyped one; undefined when none is similar enough. */
export function nearestName(text: string, names: readonly string[]): string | undefined {
  const own = piecesOf(text.trim().toLowerCase());
  let best: { readonly name: string; readonly score: number } | undefined;
  for (const name of names) {
    const theirs = piecesOf(name.toLowerCase());
    const common = [...own].filter((piece) => theirs.has(piece)).length;
    const score = (2 * common) / (own.size + theirs.size);
    if (score > (best?.score ?? ALIKE)) best = { name, score };
  }
  return best?.name;
}

/** Returns the remedy for a name that is not in a list: `name one of a, b; did you mean a?` */
export function namesInstead(text: string, names: readonly string[]): string {
  const nearest = nearestName(text, names);
  const all = `name one of ${names.join(", ")}`;
  return nearest === undefined ? `${all}.` : `${all}; did you mean ${nearest}?`;
}

/** Returns the pairs of adjacent letters of a name. */
function piecesOf(text: string): Set<string> {
  const count = Math.max(text.length - 1, 0);
  return new Set(Array.from({ length: count }, (_, i) => text.slice(i, i + 2)));
}
