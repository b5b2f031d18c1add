import type { Signer } from "ethers";

import { groupBy } from "../ccip/chain";
import { describeRevert } from "../ccip/revert";
import { TransactionFailedError, sendEach } from "../ccip/send";

import { abi, ccipAbi } from "./contracts";
import { chainsOf } from "./mesh";
import type { Mesh, MeshChain } from "./mesh";
import { planMesh } from "./plan";
import { readMesh } from "./state";
import { openSteps, readySteps } from "./step";
import type { Step } from "./step";

/** How {@link applyMesh} reaches the outside. */
export interface ApplyOptions {
  /** A signer, connected to the chain, for the account that a step has to come from. */
  signerFor(chain: MeshChain, account: string): Promise<Signer>;
  /** Told after each step that was sent. */
  onSent?(step: Step): void;
  /**
   * Asked when every open step waits: lets time pass or a message arrive.
   * @returns false when there is nothing it can do, which ends the run.
   */
  whileWaiting?(steps: readonly Step[]): Promise<boolean>;
}

/** What is left after a run of {@link applyMesh}. */
export interface ApplyResult {
  /** How many transactions were sent. */
  readonly sent: number;
  /** The steps that are not done: empty when the mesh is as declared. */
  readonly open: readonly Step[];
}

/** Some steps of a run were refused; everything that does not depend on them was done. */
export class ApplyFailedError extends Error {
  override readonly name = "ApplyFailedError";

  constructor(readonly failures: readonly { step: Step; error: Error }[]) {
    const lines = failures.map(
      ({ step, error }) => `  ${step.id} (from ${step.call.from}): ${reasonOf(error)}`,
    );
    super(
      `${failures.length} of the steps failed. Mend the cause and run it again; what is done stays done.\n${lines.join("\n")}`,
    );
  }
}

/** What a step's transaction reverted with, in words that every contract it may have met knows. */
function reasonOf(error: Error): string {
  if (!(error instanceof TransactionFailedError) || error.revertData === "0x") return error.message;
  return describeRevert(error.revertData, [...Object.values(abi), ...Object.values(ccipAbi)]);
}

/**
 * Makes the mesh what it is declared to be: reads, plans, sends what is ready, reads again, until
 * nothing is to do. The chains are the only state, so a run that stopped half way is continued by
 * running it again.
 * @throws ApplyFailedError when a transaction failed and nothing else can go on.
 */
export async function applyMesh(mesh: Mesh, options: ApplyOptions): Promise<ApplyResult> {
  const failures = new Map<string, { step: Step; error: Error }>();
  const sent = new Set<string>();
  for (;;) {
    const steps = planMesh(mesh, await readMesh(mesh));
    for (const step of readySteps(steps).filter(({ id }) => sent.has(id))) {
      failures.set(step.id, { step, error: new Error("it was mined and changed nothing") });
    }
    const ready = readySteps(steps).filter(({ id }) => !failures.has(id));
    if (ready.length > 0) {
      for (const { step, error } of await sendEverywhere(mesh, ready, options)) {
        if (error) failures.set(step.id, { step, error });
        else sent.add(step.id);
      }
      continue;
    }
    const open = openSteps(steps);
    if (failures.size > 0) throw new ApplyFailedError([...failures.values()]);
    const waiting = open.filter(({ status }) => status.kind === "waiting");
    if (waiting.length > 0 && (await options.whileWaiting?.(waiting))) continue;
    return { sent: sent.size, open };
  }
}

/** Chains on one provider share their accounts' nonces: in turn there, at once elsewhere. */
async function sendEverywhere(
  mesh: Mesh,
  ready: readonly Step[],
  options: ApplyOptions,
): Promise<{ step: Step; error?: Error }[]> {
  const nodes = [...groupBy(chainsOf(mesh), ({ provider }) => provider).values()];
  const outcomes = await Promise.all(
    nodes.map(async (chains) => {
      const sent: { step: Step; error?: Error }[] = [];
      for (const chain of chains) sent.push(...(await sendSteps(chain, ready, options)));
      return sent;
    }),
  );
  return outcomes.flat();
}

/** Sends the ready steps of one chain, the transactions of one account in one go. */
async function sendSteps(
  chain: MeshChain,
  ready: readonly Step[],
  options: ApplyOptions,
): Promise<{ step: Step; error?: Error }[]> {
  const outcomes: { step: Step; error?: Error }[] = [];
  const mine = ready.filter((step) => step.chain === chain.name);
  for (const account of new Set(mine.map(({ call }) => call.from))) {
    const steps = mine.filter(({ call }) => call.from === account);
    let signer: Signer;
    try {
      signer = await options.signerFor(chain, account);
    } catch (error) {
      outcomes.push(...steps.map((step) => ({ step, error: asError(error) })));
      continue;
    }
    const results = await sendEach(
      signer,
      steps.map(({ id, call: { to, data, value } }) => ({ label: id, to, data, value })),
    );
    steps.forEach((step, i) => {
      const result = results[i];
      if (result instanceof TransactionFailedError) outcomes.push({ step, error: result });
      else {
        options.onSent?.(step);
        outcomes.push({ step });
      }
    });
  }
  return outcomes;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
