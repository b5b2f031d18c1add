import { createInterface } from "node:readline/promises";

/** What is asked about, and who could answer. */
export interface Confirmation {
  /** Whether it is about live chains: local ones need no leave. */
  readonly live: boolean;
  /** The answer given on the command line. */
  readonly yes: boolean;
}

/**
 * Asks for leave to send transactions to live chains. Never waits for an answer that cannot come.
 * @throws when the answer is no, or when there is no terminal and no `--yes`.
 */
export async function confirm(question: string, { live, yes }: Confirmation): Promise<void> {
  if (!live || yes) return;
  if (!process.stdin.isTTY) {
    throw new Error(
      `${question} There is no terminal to answer: add --yes to the command, after reading the plan.`,
    );
  }
  const answer = await ask(`${question} [y/N] `);
  if (!/^y(es)?$/i.test(answer)) throw new Error("Nothing was sent: you said no.");
}

/** Asks whoever sits before the terminal. */
export async function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await terminal.question(question)).trim();
  } finally {
    terminal.close();
  }
}
