import type { Recovery } from "../core/recovery";

/** The outcome of a diagnosis. */
export type Verdict =
  /** It arrived and had its effect. */
  | "executed"
  /** A newer broadcast has brought the same and more. */
  | "superseded"
  /** It arrives by itself, in time. */
  | "waiting"
  /** Somebody has to act. */
  | "blocked"
  /** CCIP is done with it, and it had no effect. */
  | "without effect"
  /** The transaction reverted. */
  | "reverted";

/** What happened, why, and what to do. */
export interface Diagnosis {
  readonly verdict: Verdict;
  /** What happened, in a sentence. */
  readonly what: string;
  /** The causes, a sentence each. */
  readonly why: readonly string[];
  readonly remedies: readonly Recovery[];
}

/** Whether nothing is left to do or to wait for. */
export function isSettled({ verdict }: Pick<Diagnosis, "verdict">): boolean {
  return verdict === "executed" || verdict === "superseded";
}
