import { AbiCoder, ZeroHash, id, keccak256 } from "ethers";

import { abi } from "../../../core/abis";
import { chainsOf } from "../../../core/mesh/mesh";
import type { Mesh, MeshChain } from "../../../core/mesh/mesh";
import { pinLatest } from "../../../rpc/pinned";
import type { ChainState } from "../../state";
import type { Step } from "../../step";
import { TO_DO, call, change, when } from "../../stepBuilders";
import { accountWith, proposalDelay, readOperation } from "./timelock";

/** A single call proposed to a timelock. */
interface Proposal {
  readonly target: string;
  readonly value: bigint;
  readonly data: string;
  readonly salt: string;
  readonly operationId: string;
}

/**
 * Inserts a proposal before every step that a timelock executes: schedule, wait for the timelock's delay, execute.
 * Proposals wait in parallel, whatever the dependencies between steps are.
 */
export async function proposeThroughTimelocks(
  mesh: Mesh,
  states: ReadonlyMap<string, ChainState>,
  steps: readonly Step[],
): Promise<Step[]> {
  const chains = new Map(chainsOf(mesh).map((chain) => [chain.name, chain]));
  const planned = await Promise.all(
    steps.map(async (step): Promise<Step[]> => {
      const chain = chains.get(step.chain);
      const now = states.get(step.chain);
      const isTimelocks = step.call.from === chain?.contracts.timelock;
      if (step.status.kind !== "todo" || !now || !chain || !isTimelocks) return [step];
      return proposed(mesh, chain, now, step);
    }),
  );
  return planned.flat();
}

async function proposed(
  mesh: Mesh,
  chain: MeshChain,
  now: ChainState,
  step: Step,
): Promise<Step[]> {
  const pinned = await pinLatest(chain.name, chain.provider, now.blockNumber);
  // The same change may have been made before: then its proposal is done, and the new one gets another number.
  let proposal = proposalOf(step, 0);
  let operation = await readOperation(chain, pinned, proposal.operationId);
  for (let number = 1; operation.state === "done"; number++) {
    proposal = proposalOf(step, number);
    operation = await readOperation(chain, pinned, proposal.operationId);
  }
  const { target, value, data, salt } = proposal;
  const { timelock } = chain.contracts;
  const delay = proposalDelay(mesh, now.timelock);
  const propose: Step = {
    id: `${chain.name}/timelock/propose ${step.id.slice(chain.name.length + 1)}`,
    chain: chain.name,
    title: `propose to the timelock: ${step.title}`,
    changes: [change("proposal", "none", `executable ${delay} s later`)],
    status: when(operation.state !== "unset"),
    after: [],
    call: call(
      accountWith(mesh, chain, now, "PROPOSER_ROLE"),
      "PROPOSER_ROLE of the timelock",
      timelock,
      abi.timelock.encodeFunctionData("schedule", [target, value, data, ZeroHash, salt, delay]),
    ),
  };
  return [
    propose,
    {
      ...step,
      status:
        operation.state === "waiting"
          ? { kind: "waiting", reason: "the delay of the timelock", until: operation.readyAt }
          : TO_DO,
      after: [...step.after, propose.id],
      call: call(
        accountWith(mesh, chain, now, "EXECUTOR_ROLE"),
        "EXECUTOR_ROLE of the timelock",
        timelock,
        abi.timelock.encodeFunctionData("execute", [target, value, data, ZeroHash, salt]),
      ),
    },
  ];
}

/** `keccak256(abi.encode(target, value, data, predecessor, salt))`, as TimelockController computes it. */
function proposalOf(step: Step, number: number): Proposal {
  const { to: target, data, value } = step.call;
  const salt = id(`${step.id} ${number}`);
  const operationId = keccak256(
    AbiCoder.defaultAbiCoder().encode(
      ["address", "uint256", "bytes", "bytes32", "bytes32"],
      [target, value, data, ZeroHash, salt],
    ),
  );
  return { target, value, data, salt, operationId };
}
