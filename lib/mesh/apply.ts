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

/** Signing, waiting and progress options of {@link applySteps}. */
export interface SendingOptions {
  /**
   * Returns a signer, connected to the chain, for the account that must send a step.
   * @throws NoKeyError when no key is available: the steps of that account then wait for its signature.
   */
  signerFor(chain: MeshChain, account: string): Promise<Signer>;
  /** Called after each step that was mined. */
  onSent?(step: Step): void;
  /** Called for each failed step; the run continues with the steps that do not depend on it. */
  onFailed?(step: Step, reason: string): void;
  /** Called for every transaction that was submitted. */
  onHash?(step: Step, hash: string): void;
  /**
   * Called when every open step waits: advances time or waits for a message.
   * @returns false when it cannot, which ends the run.
   */
  whileWaiting?(steps: readonly Step[]): Promise<boolean>;
  /** Returns the send options of a chain. */
  sendOptions?(chain: MeshChain): SendOptions;
}

export interface ApplyOptions
  extends SendingOptions, Pick<PlanOptions, "allowDestructive" | "only" | "store" | "during"> {
  /** Ids of the steps of an earlier plan: no others are sent. */
  readonly planned?: ReadonlySet<string>;
}

export interface ApplyResult {
  /** Number of transactions sent. */
  readonly sent: number;
  /** The steps that are not done: empty when the mesh matches its mesh file. */
  readonly open: readonly Step[];
}

interface Failure {
  readonly step: Step;
  readonly error: Error;
  /** The error as text, with the accounts that hold a missing role. */
  readonly reason: string;
}

/** Thrown when steps of a run failed, after executing every step that does not depend on them. */
export class ApplyFailedError extends CodedError {
  override readonly name = "ApplyFailedError";
  readonly code = "STEPS_FAILED";

  constructor(
    readonly failures: readonly Failure[],
    /** Number of transactions that were sent. */
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

/** Maximum attempts at a step while another run uses its account. */
const NONCE_ATTEMPTS = 20;

/**
 * Applies the plan of a mesh: reads, plans, sends the ready steps, and reads again until no step is left. The
 * chains are the only state, so an interrupted run is continued by running it again.
 * @throws ApplyFailedError when a transaction failed and no other step can proceed.
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
 * Reads the current steps.
 * @param notBefore minimum block numbers by network name.
 */
export type ReadSteps = (notBefore: ReadonlyMap<string, number>) => Promise<readonly Step[]>;

/**
 * Reads steps, sends the ready ones, and reads again until no step is left.
 * @throws ApplyFailedError when a transaction failed and no other step can proceed.
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
    // Steps that do not depend on a failed step are still waited for.
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
  /** Accounts without an available key, by chain. */
  private readonly elsewhere = new Set<string>();
  private readonly notBefore = new Map<string, number>();
  private readonly nonces = new NonceManager();
  private readonly taken = new Map<string, number>();
  /** Transaction counts by account: before the chains were read, plus those of this run. */
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

  /** Reads the transaction counts of the accounts that wire the mesh: another run would use them too. */
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

  /** Clears failures of steps that are done now, for instance by another run. */
  clearResolved(steps: readonly Step[]): void {
    const open = new Set(openSteps(steps).map(({ id }) => id));
    for (const id of this.failed.keys()) if (!open.has(id)) this.failed.delete(id);
  }

  /** Sends on all chains in parallel; chains on one provider share nonces and are processed in turn. */
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

  /** Sends the ready steps of one account on one chain together. */
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
        // A transaction that another run sent since the chains were read makes the plan stale.
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
      // Another run may have executed it: the next read of the chain shows that.
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
