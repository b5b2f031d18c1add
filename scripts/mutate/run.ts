import { createHash } from "node:crypto";

import { EQUIVALENTS } from "./equivalents";
import type { Equivalent } from "./equivalents";
import type { Killer } from "./tester";
import type { Mutation } from "./mutations";
import type { Options } from "./options";
import { Results } from "./results";
import type { Result } from "./results";
import type { Subject } from "./subjects";
import { Worker } from "./workers";

/** Most faults that a worker is told of at once. */
const BATCH_SIZE = 40;

/** A fault in a contract, and what became of it, once that is known. */
export interface Fault {
  readonly subject: Subject;
  readonly mutation: Mutation;
  result?: Result;
}

/** Faults that one worker is told of at once, among all of their contract. */
interface Batch {
  readonly subject: Subject;
  readonly batch: readonly Fault[];
  readonly all: readonly Fault[];
  readonly results: Results;
}

/** Returns why a fault may survive, if it may. */
export function reasonToSurvive(fault: Fault): string | undefined {
  return EQUIVALENTS.find((listed) => isMeant(listed, fault))?.reason;
}

/** Tells whether a listed fault is this one, or the same in a line that reads the same. */
export function isMeant(listed: Equivalent, { subject, mutation }: Fault): boolean {
  return (
    listed.contract === subject.name &&
    listed.function === mutation.function &&
    listed.before === mutation.before &&
    listed.after === mutation.after
  );
}

/** Picks as many faults as asked for; the same ones for the same seed. */
export function sampleOf(faults: readonly Fault[], { sample, seed }: Options): Fault[] {
  if (sample === undefined) return [...faults];
  const place = ({ mutation: { id } }: Fault) =>
    createHash("sha256").update(`${seed} ${id}`).digest("hex");
  const drawn = [...faults].sort((a, b) => (place(a) < place(b) ? -1 : 1)).slice(0, sample);
  return faults.filter((fault) => drawn.includes(fault));
}

/** Decides about faults in several processes. */
export async function decideAll(faults: readonly Fault[], options: Options): Promise<void> {
  const batches = options.subjects.flatMap((subject) => {
    const all = faults.filter((fault) => fault.subject === subject);
    const results = new Results(subject, options);
    for (const fault of all) {
      const { id } = fault.mutation;
      fault.result = options.isReport ? results.last(id) : results.get(id);
    }
    const open = options.isReport ? [] : all.filter(({ result }) => !result);
    return inBatches(open).map((batch) => ({ subject, batch, all, results }));
  });
  const decideBatches = async (worker: Worker): Promise<void> => {
    for (let batch = batches.shift(); batch; batch = batches.shift()) {
      await decideBatch(worker, batch);
    }
  };
  const workers = Array.from({ length: options.workers }, () => new Worker());
  try {
    await Promise.all(workers.map(decideBatches));
  } finally {
    workers.forEach((worker) => worker.stop());
  }
}

/** Puts faults together that can be compiled together. */
function inBatches(faults: readonly Fault[]): Fault[][] {
  // The few that have to be compiled alone come last.
  const depthOf = ({ mutation }: Fault) => mutation.switch?.depth ?? Infinity;
  const sorted = [...faults].sort((a, b) => Math.sign(depthOf(a) - depthOf(b)) || 0);
  const batches: Fault[][] = [];
  while (sorted.length > 0) batches.push(sorted.splice(0, BATCH_SIZE));
  return batches;
}

async function decideBatch(worker: Worker, { subject, batch, all, results }: Batch): Promise<void> {
  let began = Date.now();
  const note = (id: string, status: Result["status"], killer?: string) => {
    const fault = batch.find(({ mutation }) => mutation.id === id);
    if (!fault) return;
    results.add({ id, status, ...(killer && { killer }) });
    fault.result = results.get(id);
    const done = all.filter(({ result }) => result).length;
    const seconds = ((Date.now() - began) / 1_000).toFixed(1);
    const { line } = fault.mutation;
    console.log(`${subject.name} ${done}/${all.length}: line ${line} ${status} in ${seconds} s`);
    began = Date.now();
  };
  const open = () => batch.filter(({ result }) => !result);
  let last: string | undefined;
  while (open().length > 0) {
    const job = {
      subject: subject.name,
      faults: open().map(({ mutation }) => mutation),
      killers: killersOf(all, results),
    };
    const end = await worker.decide(job, ({ id, status, killer }) => note(id, status, killer));
    if (!end) continue;
    if (end.code === undefined) {
      note(end.id, "endless");
    } else if (end.id === last) {
      throw new Error(`A worker ended twice at ${end.id}, with ${end.code}.`);
    } else {
      // What a failed test began and did not await can end the process between two runs: once is chance.
      console.error(`A worker ended with ${end.code}: another one continues.`);
      last = end.id;
    }
  }
}

/** Lists the tests that have seen faults, now or in an earlier run. */
function killersOf(faults: readonly Fault[], results: Results): Killer[] {
  return faults.flatMap(({ mutation }) => {
    const title = results.last(mutation.id)?.killer;
    return title === undefined ? [] : [{ function: mutation.function, title }];
  });
}
