import type { Recovery } from "../core/recovery";

/** The outcome of a diagnosis. */
export type Verdict =
  /** It was executed and took effect. */
  | "executed"
  /** A newer broadcast supersedes it. */
  | "superseded"
  /** It will arrive without intervention. */
  | "waiting"
  /** It needs intervention. */
  | "blocked"
  /** CCIP counts it as executed, but it had no effect. */
  | "without effect"
  /** The transaction reverted. */
  | "reverted";

/** A message's state, its causes, and the recovery. */
export interface Diagnosis {
  readonly verdict: Verdict;
  /** One sentence on the state. */
  readonly what: string;
  /** The causes, one sentence each. */
  readonly why: readonly string[];
  readonly remedies: readonly Recovery[];
}

/** Returns a diagnosis whose state needs no explanation. */
export function plainly(
  verdict: Verdict,
  what: string,
  remedies: readonly Recovery[] = [],
): Diagnosis {
  return { verdict, what, why: [], remedies };
}

/** Returns whether there is nothing left to do or to wait for. */
export function isSettled({ verdict }: Pick<Diagnosis, "verdict">): boolean {
  return verdict === "executed" || verdict === "superseded";
}
