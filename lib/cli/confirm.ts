import { createInterface } from "node:readline/promises";

import { OperatorError } from "../core/errors";

/** Options of every task that sends transactions. */
export interface SendingTaskOptions {
  /** Print one JSON document instead of text. */
  readonly json: boolean;
  /** Called before the first transaction. @throws when the answer is no, or there is no terminal. */
  readonly confirm: (question: string) => Promise<void>;
}

/**
 * Asks for confirmation before transactions are sent to live chains; never waits without a terminal.
 * @param live true if live chains are concerned: local ones need no confirmation.
 * @param yes the answer given on the command line.
 * @throws when the answer is no, or when there is no terminal and no `--yes`.
 */
export async function confirm(
  question: string,
  { live, yes }: { readonly live: boolean; readonly yes: boolean },
): Promise<void> {
  if (!live || yes) return;
  if (!process.stdin.isTTY) {
    throw new OperatorError(
      "CONFIRMATION_REFUSED",
      `${question} There is no terminal to answer: add --yes to the command, after reading the plan.`,
    );
  }
  const answer = await ask(`${question} [y/N] `);
  if (!/^y(es)?$/i.test(answer))
    throw new OperatorError("CONFIRMATION_REFUSED", "Nothing was sent: you said no.");
}

/**
 * Asks a question in the terminal.
 * @throws when the input ends before there is an answer (Ctrl-C, Ctrl-D): a pending promise would end the process
 * with exit code 0.
 */
export async function ask(
  question: string,
  {
    input = process.stdin,
    output = process.stderr,
  }: { readonly input?: NodeJS.ReadableStream; readonly output?: NodeJS.WritableStream } = {},
): Promise<string> {
  const terminal = createInterface({ input, output });
  const ended = new Promise<never>((_, reject) => {
    terminal.once("close", () =>
      reject(new OperatorError("CONFIRMATION_REFUSED", "Nothing was sent: there was no answer.")),
    );
  });
  try {
    return (await Promise.race([terminal.question(question), ended])).trim();
  } finally {
    terminal.close();
  }
}
