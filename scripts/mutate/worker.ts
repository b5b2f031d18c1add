import hre from "hardhat";

import { Judge } from "./judge";
import type { Killer, Suspect, Verdict } from "./judge";
import { SUBJECTS } from "./subjects";

/** Faults to decide about. */
export interface Job {
  readonly subject: string;
  readonly suspects: readonly Suspect[];
  readonly killers: readonly Killer[];
}

/** Message of a worker while it decides. */
export type Message =
  | { readonly begun: string }
  | { readonly verdict: Verdict }
  | { readonly isDone: true }
  | { readonly error: string };

const judges = new Map<string, Promise<Judge>>();

async function decide({ subject, suspects, killers }: Job): Promise<void> {
  const found = SUBJECTS.find(({ name }) => name === subject);
  if (!found) throw new Error(`There is no contract ${subject} in subjects.ts.`);
  const judge = judges.get(subject) ?? Judge.of(hre, found);
  judges.set(subject, judge);
  const onBegin = (begun: string) => tell({ begun });
  const verdicts = (await judge).decide(suspects, killers, onBegin);
  for await (const verdict of verdicts) tell({ verdict });
}

function tell(message: Message): void {
  process.send?.(message);
}

// Code that is not optimized is larger than a chain takes.
hre.config.networks.hardhat.allowUnlimitedContractSize = true;
// Stack traces need every source that was compiled, and nobody reads them here.
hre.artifacts.getBuildInfoPaths = () => Promise.resolve([]);

process.on("message", (job: Job) => {
  decide(job).then(
    () => tell({ isDone: true }),
    (error: unknown) => tell({ error: String(error) }),
  );
});
