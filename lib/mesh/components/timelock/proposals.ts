import { ZeroAddress } from "ethers";

import { abi } from "../../../core/abis";
import { chainsOf, holderOf } from "../../../core/mesh/mesh";
import type { Mesh } from "../../../core/mesh/mesh";
import { pinLatest } from "../../../rpc/pinned";
import type { PlannedChain } from "../../planned";
import type { ChainState } from "../../state";
import type { Step, StepStatus } from "../../step";
import { TO_DO, call, change, stepOn, when } from "../../stepBuilders";
import { includesGrant } from "../grants";
import { readOperation } from "./operations";
import type { Operation } from "./operations";

/** Inserts a proposal before every step that a timelock executes; all wait in parallel, whatever their dependencies. */
export async function proposeThroughTimelocks(
  mesh: Mesh,
  states: ReadonlyMap<string, ChainState>,
  steps: readonly Step[],
): Promise<Step[]> {
  const planned = steps.map(async (step) => {
    const chain = chainsOf(mesh).find(({ name }) => name === step.chain);
    const now = states.get(step.chain);
    const isTimelocks = step.call.from === chain?.contracts.timelock;
    if (step.status.kind !== "todo" || !now || !chain || !isTimelocks) return [step];
    return proposed({ mesh, chain, now, states }, step);
  });
  return (await Promise.all(planned)).flat();
}

async function proposed(at: PlannedChain, step: Step): Promise<Step[]> {
  const { mesh, chain, now } = at;
  const pinned = await pinLatest(chain.name, chain.provider, now.blockNumber);
  const operation = await readOperation(chain, pinned, [step.call], step.id);
  const { schedule, execute } = operationCalls(at, operation);
  const delay = proposalDelay(mesh, now);
  const propose = stepOn(chain, `timelock/propose ${step.id.slice(chain.name.length + 1)}`, {
    title: `propose to the timelock: ${step.title}`,
    changes: [change("proposal", "none", `executable ${delay} s later`)],
    status: when(operation.state !== "unset"),
    call: schedule,
  });
  const status = operation.state === "waiting" ? waitingUntil(operation.readyAt) : TO_DO;
  return [propose, { ...step, status, after: [...step.after, propose.id], call: execute }];
}

/** Returns the status of a step that a timelock executes from a time on, unix seconds. */
export function waitingUntil(until: bigint): StepStatus {
  return { kind: "waiting", reason: "the delay of the timelock", until };
}

/** Returns the calls that propose an operation to a chain's timelock and execute it. */
export function operationCalls(at: PlannedChain, { batch }: Operation) {
  const by = (role: string, data: string) =>
    call(accountWith(at, role), `${role} of the timelock`, at.chain.contracts.timelock, data);
  const delay = proposalDelay(at.mesh, at.now);
  const schedule = abi.timelock.encodeFunctionData("scheduleBatch", [...batch, delay]);
  const execute = abi.timelock.encodeFunctionData("executeBatch", batch);
  return { schedule: by("PROPOSER_ROLE", schedule), execute: by("EXECUTOR_ROLE", execute) };
}

/** Returns the declared account once it has a role at a chain's timelock, or else one that still has it. */
function accountWith({ mesh, chain, now }: PlannedChain, role: string): string {
  const operations = holderOf(mesh, "operations", chain.name);
  const declared = { contract: "timelock", role, account: operations } as const;
  if (includesGrant(now.held, declared)) return operations;
  const other = now.unexpectedGrants.find(
    (grant) =>
      // A role of the zero address is open to everyone, and the zero address cannot send.
      grant.contract === "timelock" && grant.role === role && grant.account !== ZeroAddress,
  );
  return other?.account ?? operations;
}

/** Returns the delay of a proposal in seconds: the declared one, or the timelock's if that is longer. */
export function proposalDelay({ config }: Mesh, now: Pick<ChainState, "timelock">): bigint {
  const { minDelay } = now.timelock;
  const declared = BigInt(config.admin.timelockDelay);
  return declared > minDelay ? declared : minDelay;
}

/** Returns the step that sets the delay of proposals. */
export function timelockDelayStep({ mesh, chain, now }: PlannedChain): Step {
  const { timelock } = chain.contracts;
  const { timelockDelay } = mesh.config.admin;
  const data = abi.timelock.encodeFunctionData("updateDelay", [timelockDelay]);
  return stepOn(chain, "timelock/delay", {
    title: `set the delay of the timelock's proposals to ${timelockDelay} s`,
    changes: [change("delay", `${now.timelock.minDelay} s`, `${timelockDelay} s`)],
    call: call(timelock, "the timelock itself", timelock, data),
  });
}
