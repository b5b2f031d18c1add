/** The most requests at once: as many as fit into one batch of JSON-RPC calls. */
const AT_ONCE = 100;

/** Makes many requests, a limited number at once, because endpoints throttle. Returns the results in order. */
export async function inChunks<T, R>(
  items: readonly T[],
  ask: (item: T) => Promise<R>,
  atOnce = AT_ONCE,
): Promise<R[]> {
  const answers: R[] = [];
  for (let i = 0; i < items.length; i += atOnce) {
    answers.push(...(await Promise.all(items.slice(i, i + atOnce).map(ask))));
  }
  return answers;
}
