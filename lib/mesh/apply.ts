import type { Signer } from "ethers";

import { groupBy } from "../ccip/chain";
import { NonceTakenError } from "../tx/errors";
import { NonceBook } from "../tx/nonces";
import { sendTransactions } from "../tx/send";
import type { SendOptions, SendOutcome } from "../tx/send";

import { explainFailure } from "./explain";
import { chainsOf } from "./mesh";
import type { Mesh, MeshChain } from "./mesh";
import { readPlan } from "./read";
import type { PlanOptions } from "./read";
import { NoKeyError } from "./signing";
import { openSteps, readySteps } from "./step";
import type { Step } from "./step";

/** How {@link applySteps} reaches the outside. */
export interface SendingOptions {
  /**
   * A signer, connected to the chain, for the account that a step has to come from.
   * @throws NoKeyError when somebody signs for it elsewhere: its steps wait then.
   */
  signerFor(chain: MeshChain, account: string): Promise<Signer>;
  /** Told after each step that was mined. */
  onSent?(step: Step): void;
  /** Told of every transaction that was handed to a chain. */
  onHash?(step: Step, hash: string): void;
  /**
   * Asked when every open step waits: lets time pass or a message arrive.
   * @returns false when there is nothing it can do, which ends the run.
   */
  whileWaiting?(steps: readonly Step[]): Promise<boolean>;
  /** How transactions are sent to a chain. */
  sendOptions?(chain: MeshChain): SendOptions;
}

/** How {@link applyMesh} reaches the outside. */
export interface ApplyOptions
  extends SendingOptions, Pick<PlanOptions, "allowDestructive" | "store"> {
  /** The only steps that may be sent, by id; all unless named. */
  readonly only?: ReadonlySet<string>;
}

/** What is left after a run of {@link applyMesh}. */
export interface ApplyResult {
  /** How many transactions were sent. */
  readonly sent: number;
  /** The steps that are not done: empty when the mesh is as declared. */
  readonly open: readonly Step[];
}

/** A step, and why it failed. */
interface Failure {
  readonly step: Step;
  readonly error: Error;
  /** The error in words, with who could have done it. */
  readonly reason: string;
}

/** Some steps of a run were refused; everything that does not depend on them was done. */
export class ApplyFailedError extends Error {
  override readonly name = "ApplyFailedError";

  constructor(readonly failures: readonly Failure[]) {
    const lines = failures.map(
      ({ step, reason }) => `  ${step.id} (from ${step.call.from}, ${step.call.as}): ${reason}`,
    );
    super(
      `${failures.length} of the steps failed. Mend the cause and run it again; what is done stays done.\n${lines.join("\n")}`,
    );
  }
}

/** How often an account may be found in use elsewhere before it is left alone. */
const NONCE_ATTEMPTS = 5;

/**
 * Makes the mesh what it is declared to be: reads, plans, sends what is ready, reads again, until
 * nothing is to do. The chains are the only state, so a run that stopped half way is continued by
 * running it again.
 * @throws ApplyFailedError when a transaction failed and nothing else can go on.
 */
export function applyMesh(mesh: Mesh, options: ApplyOptions): Promise<ApplyResult> {
  const { allowDestructive, store, only } = options;
  const read: ReadSteps = async (notBefore) => {
    const { steps } = await readPlan(mesh, { notBefore, allowDestructive, store });
    return steps.filter(({ id, status }) => !only || only.has(id) || status.kind === "done");
  };
  return applySteps(mesh, read, options);
}

/**
 * Reads what there is to do now.
 * @param notBefore blocks by network name before which nothing may be read.
 */
export type ReadSteps = (notBefore: ReadonlyMap<string, number>) => Promise<readonly Step[]>;

/**
 * Reads steps, sends what is ready, reads again, until nothing is to do.
 * @throws ApplyFailedError when a transaction failed and nothing else can go on.
 */
export async function applySteps(
  mesh: Mesh,
  readSteps: ReadSteps,
  options: SendingOptions,
): Promise<ApplyResult> {
  const run = new Run(mesh, readSteps, options);
  for (;;) {
    const steps = await run.read();
    for (const step of readySteps(steps).filter(({ id }) => run.sent.has(id))) {
      run.fail(step, new Error("it was mined and changed nothing"));
    }
    const ready = readySteps(steps).filter(({ id }) => !run.failed.has(id));
    if (ready.length > 0) {
      await run.send(ready);
      continue;
    }
    const open = openSteps(steps);
    const waiting = open.filter(({ status }) => status.kind === "waiting");
    const mayPass = waiting.filter(
      ({ status }) =>
        status.kind === "waiting" && (status.cause === undefined || status.cause === "drain"),
    );
    if (run.failed.size > 0) throw new ApplyFailedError(await run.failures());
    if (mayPass.length > 0 && (await options.whileWaiting?.(mayPass))) continue;
    return { sent: run.sent.size, open };
  }
}

class Run {
  readonly sent = new Set<string>();
  readonly failed = new Map<string, { step: Step; error: Error }>();
  /** Accounts that are not ours to sign for, by chain. */
  private readonly elsewhere = new Set<string>();
  private readonly notBefore = new Map<string, number>();
  private readonly book = new NonceBook();
  private readonly taken = new Map<string, number>();

  constructor(
    private readonly mesh: Mesh,
    private readonly readSteps: ReadSteps,
    private readonly options: SendingOptions,
  ) {}

  async read(): Promise<Step[]> {
    const steps = await this.readSteps(this.notBefore);
    return steps.flatMap((step) => {
      const { chain, call, status } = step;
      if (status.kind !== "todo" || !this.elsewhere.has(`${chain}/${call.from}`)) return [step];
      return [
        {
          ...step,
          status: {
            kind: "waiting" as const,
            cause: "signature" as const,
            reason: `${call.from} (${call.as}) to sign`,
          },
        },
      ];
    });
  }

  fail(step: Step, error: Error): void {
    this.failed.set(step.id, { step, error });
  }

  failures(): Promise<Failure[]> {
    return Promise.all(
      [...this.failed.values()].map(async ({ step, error }) => ({
        step,
        error,
        reason: await explainFailure(this.mesh, step, error).catch(() => error.message),
      })),
    );
  }

  /** Chains on one provider share their accounts' nonces: in turn there, at once elsewhere. */
  async send(ready: readonly Step[]): Promise<void> {
    const nodes = [...groupBy(chainsOf(this.mesh), ({ provider }) => provider).values()];
    await Promise.all(
      nodes.map(async (chains) => {
        for (const chain of chains) {
          const mine = ready.filter((step) => step.chain === chain.name);
          for (const [account, steps] of groupBy(mine, ({ call }) => call.from)) {
            await this.sendFrom(chain, account, steps);
          }
        }
      }),
    );
  }

  /** Sends the ready steps of one account on one chain in one go. */
  private async sendFrom(chain: MeshChain, account: string, steps: readonly Step[]): Promise<void> {
    let signer: Signer;
    try {
      signer = await this.options.signerFor(chain, account);
    } catch (error) {
      if (error instanceof NoKeyError) this.elsewhere.add(`${chain.name}/${account}`);
      else steps.forEach((step) => this.fail(step, asError(error)));
      return;
    }
    const byId = new Map(steps.map((step) => [step.id, step]));
    const outcomes = await sendTransactions(
      chain,
      signer,
      steps.map(({ id, call: { to, data, value } }) => ({ label: id, to, data, value })),
      {
        ...this.options.sendOptions?.(chain),
        book: this.book,
        onSent: (label, hash) => {
          const step = byId.get(label);
          if (step) this.options.onHash?.(step, hash);
        },
      },
    );
    for (const outcome of outcomes) {
      const step = byId.get(outcome.label);
      if (step) this.take(chain, step, outcome);
    }
  }

  private take(chain: MeshChain, step: Step, { receipt, error }: SendOutcome): void {
    if (receipt) {
      this.sent.add(step.id);
      const known = this.notBefore.get(chain.name) ?? 0;
      this.notBefore.set(chain.name, Math.max(known, receipt.blockNumber));
      this.options.onSent?.(step);
      return;
    }
    const root = error.cause instanceof Error ? error.cause : error;
    if (root instanceof NonceTakenError || error instanceof NonceTakenError) {
      // Another run may have done it: the next look at the chain tells.
      const attempts = (this.taken.get(step.id) ?? 0) + 1;
      this.taken.set(step.id, attempts);
      if (attempts < NONCE_ATTEMPTS) return;
    }
    this.fail(step, error);
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
