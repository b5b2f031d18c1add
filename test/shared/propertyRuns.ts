/** Settings of a property test: a fixed seed, printed on failure together with the path to it. */
export function propertyRuns(numRuns: number): { seed: number; numRuns: number } {
  return { seed: 20_260_101, numRuns };
}
