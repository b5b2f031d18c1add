import hre from "hardhat";

import { FaultTester } from "./tester";
import type { Killer, PlantedFault, Decision } from "./tester";
import { SUBJECTS } from "./subjects";

/** Faults to decide about. */
export interface Job {
  readonly subject: string;
  readonly faults: readonly PlantedFault[];
  readonly killers: readonly Killer[];
}

/** Message of a worker while it decides. */
export type Message =
  | { readonly begun: string }
  | { readonly decision: Decision }
  | { readonly isDone: true }
  | { readonly error: string };

const testers = new Map<string, Promise<FaultTester>>();

async function decide({ subject, faults, killers }: Job): Promise<void> {
  const found = SUBJECTS.find(({ name }) => name === subject);
  if (!found) throw new Error(`There is no contract ${subject} in subjects.ts.`);
  const tester = testers.get(subject) ?? FaultTester.of(hre, found);
  testers.set(subject, tester);
  const onBegin = (begun: string) => tell({ begun });
  const decisions = (await tester).decide(faults, killers, onBegin);
  for await (const decision of decisions) tell({ decision });
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
