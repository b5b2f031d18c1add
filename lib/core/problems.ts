/** Collects problems, so that one error lists all of them and they can be fixed in one go. */
export class Problems {
  private readonly found = new Map<string, Error>();

  /** Does something; what is wrong with it is noted instead of thrown. */
  async noting<T>(action: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await action();
    } catch (error) {
      this.note(error instanceof Error ? error : new Error(String(error)));
      return undefined;
    }
  }

  /** Notes what is in the way; what is noted already once. */
  note(error: Error): void {
    this.found.set(error.message, error);
  }

  /**
   * Goes on when nothing is in the way.
   * @throws with all that is.
   */
  throwAny(): void {
    if (this.found.size > 0) this.throwAll();
  }

  /** @throws with all that is in the way. */
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
