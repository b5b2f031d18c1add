/** Collects problems, so that one error lists all of them. */
export class Problems {
  private readonly found = new Map<string, Error>();

  /** Runs an action; its error is noted instead of thrown. */
  async noting<T>(action: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await action();
    } catch (error) {
      this.note(error instanceof Error ? error : new Error(String(error)));
      return undefined;
    }
  }

  /** Notes a problem; the same message only once. */
  note(error: Error): void {
    this.found.set(error.message, error);
  }

  /**
   * Returns when no problem is noted.
   * @throws an error with all problems.
   */
  throwAny(): void {
    if (this.found.size > 0) this.throwAll();
  }

  /** @throws an error with all problems. */
  throwAll(): never {
    const [first = new Error("Nothing is in the way."), ...others] = this.found.values();
    if (others.length === 0) throw first;
    const list = [...this.found.keys()].map((text) => `  ${text.replaceAll("\n", "\n  ")}`);
    throw new AggregateError(
      [first, ...others],
      `${list.length} things are in the way:\n${list.join("\n")}`,
    );
  }
}
