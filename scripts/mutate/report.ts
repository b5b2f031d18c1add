import Table from "cli-table3";

import { EQUIVALENTS } from "./equivalents";
import { isMeant, reasonToSurvive } from "./run";
import type { Fault } from "./run";
import type { Subject } from "./subjects";

/** The least share of faults that the tests of a contract have to see. */
const LEAST_SCORE = 0.97;

interface Score {
  readonly subject: Subject;
  readonly faults: readonly Fault[];
  readonly seen: number;
  readonly endless: number;
  readonly survived: readonly Fault[];
  readonly listed: number;
  readonly same: number;
  readonly refused: number;
  readonly open: number;
}

/** Prints the scores of chosen faults, and what survived. @returns whether the tests see enough. */
export function report(
  faults: readonly Fault[],
  subjects: readonly Subject[],
  all = faults,
): boolean {
  const scores = subjects
    .map((subject) =>
      scoreOf(
        subject,
        faults.filter((fault) => fault.subject === subject),
      ),
    )
    .filter(({ faults: { length }, open }) => length > open);
  const head = [
    "contract",
    "faults",
    "seen",
    "endless",
    "survived",
    "listed",
    "same code",
    "refused",
    "open",
    "score",
  ];
  const table = new Table({ head, style: { head: [], border: [] } });
  for (const one of scores) {
    const { subject, seen, endless, survived, listed, same, refused, open } = one;
    const counts = [one.faults.length, seen, endless, survived.length, listed, same, refused, open];
    table.push([subject.name, ...counts, `${(shareOf(one) * 100).toFixed(1)} %`]);
  }
  console.log(table.toString());
  for (const { survived } of scores) survived.forEach(printSurvivor);
  // A line may be there twice, with one fault that tests see and one that they cannot.
  const dead = EQUIVALENTS.filter((listed) => {
    const meant = all.filter((fault) => isMeant(listed, fault));
    return meant.length > 0 && meant.every(isSeen);
  });
  for (const { contract, after } of dead) {
    console.log(`No longer survives, take it out of equivalents.ts: ${contract}: ${after}`);
  }
  const low = scores.filter((score) => shareOf(score) < LEAST_SCORE);
  for (const { subject } of low) {
    console.log(`${subject.name}: the tests see less than ${LEAST_SCORE * 100} % of the faults.`);
  }
  return low.length === 0 && dead.length === 0;
}

function scoreOf(subject: Subject, faults: readonly Fault[]): Score {
  const withStatus = (status: string) => faults.filter(({ result }) => result?.status === status);
  const survived = withStatus("survived");
  const isListed = (fault: Fault) => reasonToSurvive(fault) !== undefined;
  return {
    subject,
    faults,
    seen: faults.filter(isSeen).length,
    endless: withStatus("endless").length,
    survived: survived.filter((fault) => !isListed(fault)),
    listed: survived.filter(isListed).length,
    same: withStatus("same code").length,
    refused: withStatus("refused").length,
    open: faults.filter(({ result }) => !result).length,
  };
}

function isSeen({ result }: Fault): boolean {
  return result?.status === "killed";
}

/** Returns the share of the faults that tests saw. A fault that ends no test in time may be the machine's. */
function shareOf({ seen, survived, endless }: Score): number {
  const counted = seen + survived.length + endless;
  return counted === 0 ? 1 : seen / counted;
}

function printSurvivor({ subject, mutation }: Fault): void {
  const { line, before, after } = mutation;
  console.log(
    `\nsurvived: ${subject.source}:${line} ${mutation.function}\n  - ${before}\n  + ${after}`,
  );
}
