/** One thing to do, in the order in which they are to be done. */
export interface Recovery {
  /** A command to run as it stands; undefined where nobody here can do it. */
  readonly command?: string;
  /** What it does, who has to, or until when to wait. */
  readonly note: string;
}

/** What a diagnosis comes to. */
export type Verdict =
  /** It arrived and did what it is for. */
  | "executed"
  /** A newer broadcast has told the same and more. */
  | "superseded"
  /** It arrives by itself, in time. */
  | "waiting"
  /** Somebody has to do something. */
  | "blocked"
  /** CCIP is done with it, and nothing has come of it. */
  | "without effect"
  /** The transaction was undone. */
  | "reverted";

/** What happened, why, and what to do. */
export interface Diagnosis {
  readonly verdict: Verdict;
  /** What happened, in a sentence. */
  readonly what: string;
  /** Why, a sentence each. */
  readonly why: readonly string[];
  readonly remedies: readonly Recovery[];
}

/** Whether nothing is left to do or to wait for. */
export function isSettled({ verdict }: Pick<Diagnosis, "verdict">): boolean {
  return verdict === "executed" || verdict === "superseded";
}

/** A task of this project as it is typed. */
export function command(
  task: string,
  options: Readonly<Record<string, string | bigint | undefined>>,
): string {
  const named = Object.entries(options).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name} ${value}`],
  );
  return ["npx hardhat", task, ...named].join(" ");
}
