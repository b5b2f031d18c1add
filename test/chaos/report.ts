import type { CcipVersion } from "ccip-localnet/protocol";

import type { ChaosFailure, ChaosResult } from "./run";

/** The steps of a run by command: how many were taken, and how many were not refused. */
export function reportSteps({ tallies, steps, sequences }: ChaosResult, seconds: number): string {
  const rows = [...tallies].sort(([, a], [, b]) => b.taken - a.taken);
  const width = Math.max(7, ...rows.map(([name]) => name.length));
  const line = (name: string, taken: number | string, effective: number | string) =>
    `    ${name.padEnd(width)}  ${String(taken).padStart(7)}  ${String(effective).padStart(9)}`;
  const effective = rows.reduce((sum, [, tally]) => sum + tally.effective, 0);
  return [
    line("command", "steps", "effective"),
    ...rows.map(([name, tally]) => line(name, tally.taken, tally.effective)),
    line("all", steps, effective),
    `    ${sequences} sequences in ${seconds.toFixed(1)} s`,
  ].join("\n");
}

/** The shortest sequence that breaks something, what it breaks, and the line that repeats it. */
export function reportFailure(version: CcipVersion, seed: number, failure: ChaosFailure): string {
  const { sequence, error, path, commands } = failure;
  const length = sequence.split("\n").length - 1;
  return [
    `${length} ${length === 1 ? "step breaks" : "steps break"} it:${sequence}`,
    error instanceof Error ? (error.stack ?? error.message) : String(error),
    `Repeat: npm run chaos -- --ccip ${version} --seed ${seed} --path ${path} --commands ${commands}`,
  ].join("\n");
}
