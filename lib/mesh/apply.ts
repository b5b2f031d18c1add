import type { Provider, Signer } from "ethers";
import { groupBy } from "ccip-localnet/protocol";

import { CodedError } from "../core/errors";
import { NonceConflictError, RevertedError } from "../tx/errors";
import { NonceManager } from "../tx/nonces";
import { sendTransactions } from "../tx/send";
import type { SendOptions, SendOutcome } from "../tx/send";

import { explainFailure } from "./explain";
import { chainsOf, deployerOn, holderOf } from "../core/mesh/mesh";
import type { Mesh, MeshChain } from "../core/mesh/mesh";
import { readPlan } from "./read";
import type { PlanOptions } from "./read";
import { NoKeyError } from "./signing";
import { openSteps, readySteps, withDependents } from "./step";
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
  /** Told of each step that failed, and why; the run goes on with what does not depend on it. */
  onFailed?(step: Step, reason: string): void;
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
  extends SendingOptions, Pick<PlanOptions, "allowDestructive" | "only" | "store" | "during"> {
  /** The steps of a plan that was made before, by id: no other is sent. */
  readonly planned?: ReadonlySet<string>;
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
export class ApplyFailedError extends CodedError {
  override readonly name = "ApplyFailedError";
  readonly code = "STEPS_FAILED";

  constructor(
    readonly failures: readonly Failure[],
    /** How many transactions were sent all the same. */
    readonly sent = 0,
  ) {
    const lines = failures.map(
      ({ step, reason }) => `  ${step.id} (from ${step.call.from}, ${step.call.as}): ${reason}`,
    );
    super(
      `${failures.length} of the steps failed. Mend the cause and run it again; what is done stays done.\n${lines.join("\n")}`,
    );
  }
}

/** How often an account may be found in use elsewhere before it is left alone. */
const NONCE_ATTEMPTS = 20;

/**
 * Makes the mesh what it is declared to be: reads, plans, sends what is ready, reads again, until
 * nothing is to do. The chains are the only state, so a run that stopped half way is continued by
 * running it again.
 * @throws ApplyFailedError when a transaction failed and nothing else can go on.
 */
export function applyMesh(mesh: Mesh, options: ApplyOptions): Promise<ApplyResult> {
  const { allowDestructive, store, during, only, planned } = options;
  const read: ReadSteps = async (notBefore) => {
    const { steps } = await readPlan(mesh, { notBefore, allowDestructive, only, store, during });
    return steps.filter(({ id, status }) => !planned || planned.has(id) || status.kind === "done");
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
    run.clearResolved(steps);
    for (const step of readySteps(steps)) {
      if (!run.sent.has(step.id) || run.failed.has(step.id)) continue;
      await run.fail(step, new Error("it was mined and changed nothing"));
    }
    const ready = readySteps(steps).filter(({ id }) => !run.failed.has(id));
    if (ready.length > 0) {
      await run.send(ready);
      continue;
    }
    const open = openSteps(steps);
    // What a failure does not stop is waited for: a lane that is synced, a delay that passes.
    const stopped = withDependents(steps, run.failed.keys());
    const mayPass = open.filter(
      ({ id, status }) =>
        status.kind === "waiting" &&
        (status.cause === undefined || status.cause === "drain") &&
        !stopped.has(id),
    );
    if (mayPass.length > 0 && (await options.whileWaiting?.(mayPass))) continue;
    if (run.failed.size > 0) throw new ApplyFailedError([...run.failed.values()], run.sent.size);
    return { sent: run.sent.size, open };
  }
}

class Run {
  readonly sent = new Set<string>();
  readonly failed = new Map<string, Failure>();
  /** Accounts that are not ours to sign for, by chain. */
  private readonly elsewhere = new Set<string>();
  private readonly notBefore = new Map<string, number>();
  private readonly nonces = new NonceManager();
  private readonly taken = new Map<string, number>();
  /** How many transactions of an account were mined before the chains were read, and by this run since. */
  private readonly minedBefore = new Map<Provider, Map<string, number>>();

  constructor(
    private readonly mesh: Mesh,
    private readonly readSteps: ReadSteps,
    private readonly options: SendingOptions,
  ) {}

  async read(): Promise<Step[]> {
    await this.countTransactions();
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

  /** Of the accounts that a mesh is usually wired by: another run would send from them too. */
  private async countTransactions(): Promise<void> {
    const { mesh, minedBefore } = this;
    const nodes = groupBy(chainsOf(mesh), ({ provider }) => provider);
    await Promise.all(
      [...nodes].map(async ([provider, chains]) => {
        const accounts = new Set([
          mesh.operator,
          ...chains.map(({ name }) => deployerOn(mesh, name)),
          ...chains.flatMap(({ name }) =>
            (["operations", "rateLimitAdmin"] as const).map((role) => holderOf(mesh, role, name)),
          ),
        ]);
        const counts = [...accounts].map(async (account) => {
          const count = await provider.getTransactionCount(account, "latest");
          return [account, count] as const;
        });
        minedBefore.set(provider, new Map(await Promise.all(counts)));
      }),
    );
  }

  async fail(step: Step, error: Error): Promise<void> {
    const reason = await explainFailure(this.mesh, step, error).catch(() => error.message);
    this.failed.set(step.id, { step, error, reason });
    this.options.onFailed?.(step, reason);
  }

  /** What failed and is done all the same, by another run for instance, was no failure. */
  clearResolved(steps: readonly Step[]): void {
    const open = new Set(openSteps(steps).map(({ id }) => id));
    for (const id of this.failed.keys()) if (!open.has(id)) this.failed.delete(id);
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
      else for (const step of steps) await this.fail(step, asError(error));
      return;
    }
    const sender = await signer.getAddress();
    const nonce = this.expectedNonce(chain, sender);
    const byId = new Map(steps.map((step) => [step.id, step]));
    const outcomes = await sendTransactions(
      chain,
      signer,
      steps.map(({ id, call: { to, data, value } }, i) => ({
        label: id,
        to,
        data,
        value,
        // What another run has sent since the chains were read makes the plan an old one.
        ...(i === 0 && { nonce }),
      })),
      {
        ...this.options.sendOptions?.(chain),
        nonces: this.nonces,
        onSent: (label, hash) => {
          const step = byId.get(label);
          if (step) this.options.onHash?.(step, hash);
        },
      },
    );
    this.countOwn(chain, sender, outcomes);
    for (const outcome of outcomes) {
      const step = byId.get(outcome.label);
      if (step) await this.take(chain, step, outcome);
    }
  }

  private expectedNonce({ name, provider }: MeshChain, account: string): number | undefined {
    const mined = this.minedBefore.get(provider)?.get(account);
    return mined === undefined ? undefined : this.nonces.nextOf(name, account, mined);
  }

  private countOwn(
    { provider }: MeshChain,
    account: string,
    outcomes: readonly SendOutcome[],
  ): void {
    const counts = this.minedBefore.get(provider);
    const mined = counts?.get(account);
    if (mined === undefined) return;
    const own = outcomes.filter(
      ({ receipt, error }) => receipt ?? (error instanceof RevertedError && error.hash),
    );
    counts?.set(account, mined + own.length);
  }

  private async take(chain: MeshChain, step: Step, { receipt, error }: SendOutcome): Promise<void> {
    if (receipt) {
      this.sent.add(step.id);
      const known = this.notBefore.get(chain.name) ?? 0;
      this.notBefore.set(chain.name, Math.max(known, receipt.blockNumber));
      this.options.onSent?.(step);
      return;
    }
    const root = error.cause instanceof Error ? error.cause : error;
    if (root instanceof NonceConflictError || error instanceof NonceConflictError) {
      // Another run may have done it: the next look at the chain tells.
      const attempts = (this.taken.get(step.id) ?? 0) + 1;
      this.taken.set(step.id, attempts);
      if (attempts < NONCE_ATTEMPTS) return;
    }
    await this.fail(step, error);
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
