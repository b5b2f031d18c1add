/** Receives the progress of a long operation. */
export interface Progress {
  /** Shows a title while an action runs, and the time it took if that was noticeable. */
  during<T>(title: string, action: () => Promise<T>): Promise<T>;
  /** Adds a line to the action that runs or ran last. */
  note(text: string): void;
}
