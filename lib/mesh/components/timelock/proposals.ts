import { abi } from "../../../core/abis";
import { chainsOf } from "../../../core/mesh/mesh";
import type { Mesh } from "../../../core/mesh/mesh";
import type { LogReading } from "../../../rpc/logCache";
import { pinLatest } from "../../../rpc/pinned";
import type { PlannedChain } from "../../planned";
import type { ChainState } from "../../state";
import type { Step } from "../../step";
import { TO_DO, call, change, stepOn, when } from "../../stepBuilders";
import { operationCalls, proposalDelay, waitingUntil } from "./calls";
import { readOperation } from "./operations";
import type { Operation } from "./operations";
import type { RoutedStep } from "./requests";
import { planThroughHome, routedThroughHome } from "./throughHome";

/**
 * Inserts a proposal before every step that a timelock executes; all wait in parallel, whatever their dependencies.
 * Those of satellites that home governs are proposed there.
 */
export async function proposeThroughTimelocks(
  mesh: Mesh,
  states: ReadonlyMap<string, ChainState>,
  steps: readonly Step[],
  reading: LogReading = {},
): Promise<Step[]> {
  const planned = await Promise.all(
    steps.map(async (step): Promise<{ readonly local: readonly Step[] } | RoutedStep> => {
      const chain = chainsOf(mesh).find(({ name }) => name === step.chain);
      const now = states.get(step.chain);
      const isTimelocks = step.call.from === chain?.contracts.timelock;
      if (step.status.kind !== "todo" || !now || !chain || !isTimelocks) return { local: [step] };
      const at = { mesh, chain, now, states };
      const pinned = await pinLatest(chain.name, chain.provider, now.blockNumber);
      const operation = await readOperation(
        chain,
        pinned,
        [...(step.batch ?? []), step.call],
        step.id,
      );
      // A proposal that was made on the chain itself is carried on there.
      const routed = operation.state === "unset" ? routedThroughHome(at, step) : undefined;
      return routed ?? { local: proposed(at, step, operation) };
    }),
  );
  const routed = planned.filter((item) => "step" in item);
  const { ofHome, steps: throughHome } = await planThroughHome(mesh, states, routed, reading);
  return planned.flatMap((item) => {
    if ("local" in item) return item.local;
    const { step } = item;
    return [...(item === routed[0] ? ofHome : []), throughHome.get(step.id) ?? step];
  });
}

function proposed(at: PlannedChain, step: Step, operation: Operation): Step[] {
  const { mesh, chain, now } = at;
  const { schedule, execute } = operationCalls(at, operation);
  const delay = proposalDelay(mesh, now);
  const propose = stepOn(chain, `timelock/propose ${step.id.slice(chain.name.length + 1)}`, {
    title: `propose to the timelock: ${step.title}`,
    changes: [change("proposal", "none", `executable ${delay} s later`)],
    status: when(operation.state !== "unset"),
    call: schedule,
  });
  const status = operation.state === "waiting" ? waitingUntil(operation.readyAt) : TO_DO;
  const after = [...step.after, propose.id];
  const { optionalGas } = step.call;
  const executed = { ...execute, ...(optionalGas !== undefined && { optionalGas }) };
  return [propose, { ...step, status, after, call: executed, batch: undefined }];
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
