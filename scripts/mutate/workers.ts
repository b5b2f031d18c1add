import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import path from "node:path";

import type { Decision } from "./tester";
import type { Job, Message } from "./worker";

/** Milliseconds without a decision after which a fault is held to have made the tests endless. */
const LIMIT_MS = 1_800_000;

/** One process that decides about faults. */
export class Worker {
  private child: ChildProcess | undefined;

  /** Tells each decision as it comes. @returns the fault about which none came, if there is one, and why. */
  async decide(job: Job, onDecision: (decision: Decision) => void): Promise<Undecided | undefined> {
    const child = (this.child ??= fork(path.join(__dirname, "worker.ts"), {
      execArgv: [
        "--require",
        "ts-node/register/transpile-only",
        "--max-old-space-size=4096",
        "--expose-gc",
      ],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    }));
    const end = await conversation(child, job, onDecision);
    if ("error" in end) throw new Error(end.error);
    if ("isDone" in end) return undefined;
    this.stop();
    return end;
  }

  stop(): void {
    this.child?.kill("SIGKILL");
    this.child = undefined;
  }
}

/** A fault about which no decision came: in time, or before the process ended with a code. */
export interface Undecided {
  readonly id: string;
  readonly code?: number | null;
}

type End = { readonly isDone: true } | { readonly error: string } | Undecided;

function conversation(
  child: ChildProcess,
  job: Job,
  onDecision: (decision: Decision) => void,
): Promise<End> {
  return new Promise((resolve) => {
    let current = "";
    const end = (result: End) => {
      clearTimeout(timer);
      child.off("exit", onExit).off("message", onMessage);
      resolve(result);
    };
    const timer = setTimeout(() => end({ id: current }), LIMIT_MS);
    const onExit = (code: number | null) => end({ id: current, code });
    const onMessage = (message: Message) => {
      timer.refresh();
      if ("decision" in message) onDecision(message.decision);
      else if ("begun" in message) current = message.begun;
      else end(message);
    };
    child.on("exit", onExit).on("message", onMessage);
    child.send(job);
  });
}
