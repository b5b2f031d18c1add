import { groupBy } from "ccip-localnet/protocol";
import type { Signer } from "ethers";

import { CodedError } from "../core/errors";
import { chainsOf } from "../core/mesh/mesh";
import type { Mesh, MeshChain } from "../core/mesh/mesh";
import { atLeast } from "../rpc/pinned";
import { atKnownBlock } from "../rpc/retry";
import { NonceConflictError } from "../tx/errors";
import { NonceManager } from "../tx/nonces";
import { sendTransactions } from "../tx/send";
import type { SendOutcome } from "../tx/send";

import { explainFailure } from "./explain";
import type { OperatorContext } from "./operator";
import { readPlan } from "./read";
import type { MeshPlan, PlanOptions } from "./read";
import { NoKeyError } from "./signing";
import { stateOf } from "./state";
import type { MeshState } from "./state";
import { openSteps, readySteps, withDependents } from "./step";
import type { Step } from "./step";

/** Signing, waiting and progress options of {@link applySteps}; without a key, the steps of an account wait. */
export interface SigningOptions
  extends Pick<OperatorContext, "signerFor">, Partial<Pick<OperatorContext, "sendOptions">> {
  /** Called after each step that was mined. */
  onSent?(step: Step): void;
  /** Called for each failed step; the run continues with the steps that do not depend on it. */
  onFailed?(step: Step, reason: string): void;
  /** Called for every transaction that was submitted. */
  onHash?(id: string, hash: string): void;
  /**
   * Called when every open step waits: advances time or waits for a message.
   * @returns false when it cannot, which ends the run.
   */
  whileWaiting?(steps: readonly Step[]): Promise<boolean>;
}

export interface ApplyOptions
  extends SigningOptions, Pick<PlanOptions, "allowDestructive" | "only" | "store" | "during"> {
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
    readonly sent: number,
  ) {
    const lines = failures.map(
      ({ step, reason }) => `  ${step.id} (from ${step.call.from}, ${step.call.as}): ${reason}`,
    );
    super(
      `${failures.length} of the steps failed. Fix the cause and run it again; completed steps are not repeated.\n${lines.join("\n")}`,
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
    const plan = await readPlan(mesh, { notBefore, allowDestructive, only, store, during });
    const isPlanned = ({ id, status }: Step) =>
      !planned || planned.has(id) || status.kind === "done";
    return { ...plan, steps: plan.steps.filter(isPlanned) };
  };
  return applySteps(mesh, read, options);
}

/**
 * Reads the current steps, and the state that they were planned from.
 * @param notBefore minimum block numbers by network name.
 */
type ReadSteps = (
  notBefore: ReadonlyMap<string, number>,
) => Promise<Pick<MeshPlan, "state" | "steps">>;

/**
 * Reads steps, sends the ready ones, and reads again until no step is left.
 * @throws ApplyFailedError when a transaction failed and no other step can proceed.
 */
export async function applySteps(
  mesh: Mesh,
  readSteps: ReadSteps,
  options: SigningOptions,
): Promise<ApplyResult> {
  const run = new Run(mesh, options);
  for (;;) {
    const { state, steps: read } = await readSteps(run.notBefore);
    const steps = read.map((step) => run.unlessElsewhere(step));
    const open = openSteps(steps);
    // What failed here may be done by another run.
    for (const id of run.failed.keys()) {
      if (!open.some((step) => step.id === id)) run.failed.delete(id);
    }
    for (const step of readySteps(steps)) {
      if (!run.sent.has(sentKey(step)) || run.failed.has(step.id)) continue;
      await run.fail(step, new Error("it was mined and changed nothing"));
    }
    const ready = readySteps(steps).filter(({ id }) => !run.failed.has(id));
    if (ready.length > 0) {
      await run.send(ready, state);
      continue;
    }
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

/** Returns what a step is remembered by once it was sent: a payment by its amount too, as fees may rise after it. */
function sentKey({ id, call: { data, value } }: Step): string {
  return data === "0x" ? `${id} ${value}` : id;
}

class Run {
  /** Keys of the steps that were mined. */
  readonly sent = new Set<string>();
  readonly failed = new Map<string, Failure>();
  notBefore: ReadonlyMap<string, number> = new Map();
  /** Accounts without an available key, by chain. */
  private readonly elsewhere = new Set<string>();
  private readonly nonces = new NonceManager();
  /** Attempts at steps whose account another run uses. */
  private readonly conflicts = new Map<string, number>();

  constructor(
    private readonly mesh: Mesh,
    private readonly options: SigningOptions,
  ) {}

  /** Returns a step that no available key signs as one that waits for a signature. */
  unlessElsewhere(step: Step): Step {
    const { chain, call, status } = step;
    if (status.kind !== "todo" || !this.elsewhere.has(`${chain}/${call.from}`)) return step;
    const reason = `${call.from} (${call.as}) to sign`;
    return { ...step, status: { kind: "waiting", cause: "signature", reason } };
  }

  async fail(step: Step, error: Error): Promise<void> {
    const reason = await explainFailure(this.mesh, step, error).catch(() => error.message);
    this.failed.set(step.id, { step, reason });
    this.options.onFailed?.(step, reason);
  }

  /** Sends on all chains in parallel; chains on one provider share nonces and are processed in turn. */
  async send(ready: readonly Step[], state: MeshState): Promise<void> {
    const nodes = groupBy(chainsOf(this.mesh), ({ provider }) => provider);
    const inTurn = async (chains: readonly MeshChain[]) => {
      for (const chain of chains) {
        const mine = ready.filter((step) => step.chain === chain.name);
        for (const [account, steps] of groupBy(mine, ({ call }) => call.from)) {
          await this.sendFrom(chain, account, steps, stateOf(state, chain).blockNumber);
        }
      }
    };
    await Promise.all([...nodes.values()].map(inTurn));
  }

  /** Sends the ready steps of one account on one chain, which was read at `block`, together. */
  private async sendFrom(
    chain: MeshChain,
    account: string,
    steps: readonly Step[],
    block: number,
  ): Promise<void> {
    const { provider } = chain;
    let signer: Signer;
    try {
      signer = await this.options.signerFor(chain, account);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (error instanceof NoKeyError) this.elsewhere.add(`${chain.name}/${account}`);
      else for (const step of steps) await this.fail(step, error);
      return;
    }
    const sender = await signer.getAddress();
    const counted = await atKnownBlock(() => provider.getTransactionCount(sender, block));
    // A transaction that another run sent since the chain was read makes the plan stale.
    const nonce = this.nonces.nextOf(provider, sender, counted);
    const transactions = steps.map(({ id: label, call: { to, data, value, optionalGas } }, i) => ({
      ...{ label, to, data, value },
      ...(optionalGas !== undefined && { optionalGas }),
      ...(i === 0 && { nonce }),
    }));
    const outcomes = await sendTransactions(chain, signer, transactions, {
      ...this.options.sendOptions?.(chain),
      nonces: this.nonces,
      onSent: (label, hash) => this.options.onHash?.(label, hash),
    });
    for (const [i, step] of steps.entries()) {
      const outcome = outcomes[i];
      if (outcome) await this.record(chain, step, outcome);
    }
  }

  private async record(
    chain: MeshChain,
    step: Step,
    { receipt, error }: SendOutcome,
  ): Promise<void> {
    if (receipt) {
      this.sent.add(sentKey(step));
      this.notBefore = atLeast(this.notBefore, chain.name, receipt.blockNumber);
      this.options.onSent?.(step);
      return;
    }
    if (error instanceof NonceConflictError || error.cause instanceof NonceConflictError) {
      // Another run may have executed it: the next read of the chain shows that.
      const attempts = (this.conflicts.get(step.id) ?? 0) + 1;
      this.conflicts.set(step.id, attempts);
      if (attempts < NONCE_ATTEMPTS) return;
    }
    await this.fail(step, error);
  }
}
