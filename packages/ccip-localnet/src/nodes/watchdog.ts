import { spawn } from "node:child_process";
import { Socket } from "node:net";
import type { Writable } from "node:stream";

/**
 * The watchdog is a process of its own that holds the reading end of a pipe to us. However we end
 * (return, exception, SIGTERM, SIGKILL, a crash), the kernel closes our end; it then kills what it was
 * told to watch and ends too. No signal handler could promise that, and no anvil is ever left over.
 * It runs detached, so that Ctrl-C in the terminal does not reach it before it reaches us.
 */
const PROGRAM = `
  const watched = new Set();
  let rest = "";
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});
  process.stdin.setEncoding("utf8");
  process.stdin.on("data", (data) => {
    const lines = (rest + data).split("\\n");
    rest = lines.pop();
    for (const line of lines) watched[line[0] === "+" ? "add" : "delete"](Number(line.slice(1)));
  });
  process.stdin.on("close", () => {
    for (const pid of watched) try { process.kill(pid, "SIGKILL"); } catch {}
  });
`;

let pipe: Writable | undefined;

/**
 * Has a process killed once this one is gone.
 * @returns takes it back; to be called when the watched process has ended, before its id is reused.
 */
export function watch(pid: number): () => void {
  const orders = (pipe ??= startWatchdog());
  orders.write(`+${pid}\n`);
  return () => void orders.write(`-${pid}\n`);
}

function startWatchdog(): Writable {
  const watchdog = spawn(process.execPath, ["-e", PROGRAM], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
    // A debugger or a loader of this process is none of the watchdog's business.
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  watchdog.on("error", () => undefined);
  watchdog.stdin.on("error", () => undefined);
  watchdog.unref();
  // The pipe is a socket underneath; it must not keep this process alive either.
  if (watchdog.stdin instanceof Socket) watchdog.stdin.unref();
  return watchdog.stdin;
}
