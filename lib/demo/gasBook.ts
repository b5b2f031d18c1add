/** What each kind of transaction cost: the highest figure seen, in gas. */
export class GasReport {
  private readonly highest = new Map<string, bigint>();

  /** Notes one transaction. */
  add(kind: string, gasUsed: bigint): void {
    if (gasUsed > (this.highest.get(kind) ?? 0n)) this.highest.set(kind, gasUsed);
  }

  /** By kind, in order of first appearance. */
  toRecord(): Record<string, bigint> {
    return Object.fromEntries(this.highest);
  }
}
