/** Everything that is in the way, told at once: whoever mends one thing at a time starts as often as there are things. */
export class Problems {
  private readonly found = new Set<string>();

  /** Does something; what is wrong with it is noted instead of thrown. */
  async noting<T>(action: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await action();
    } catch (error) {
      this.found.add(error instanceof Error ? error.message : String(error));
      return undefined;
    }
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
    const [first = "", ...others] = this.found;
    if (others.length === 0) throw new Error(first);
    const list = [...this.found].map((text) => `  ${text.replaceAll("\n", "\n  ")}`);
    throw new Error(`${list.length} things are in the way:\n${list.join("\n")}`);
  }
}
