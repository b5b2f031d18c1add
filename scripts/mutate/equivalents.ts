/** A fault that changes nothing that a test could or should see. */
export interface Equivalent {
  readonly contract: string;
  readonly function: string;
  /** The lines without the fault and with it, with one space for each run of them: a report prints them so. */
  readonly before: string;
  readonly after: string;
  readonly reason: string;
}

/** Faults that may survive, each with the reason. The score is counted without them. */
export const EQUIVALENTS: readonly Equivalent[] = [];
