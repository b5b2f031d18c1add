/** The highest gas used by each kind of transaction. */
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
