import { ZeroAddress } from "ethers";

import { abi } from "../../../core/abis";
import { holderOf } from "../../../core/mesh/mesh";
import type { Mesh } from "../../../core/mesh/mesh";
import type { PlannedChain } from "../../planned";
import type { ChainState } from "../../state";
import type { StepStatus } from "../../step";
import { call } from "../../stepBuilders";
import { includesGrant } from "../grants";
import type { Operation } from "./operations";

/** Returns the status of a step that a timelock executes from a time on, unix seconds. */
export function waitingUntil(until: bigint, reason = "the delay of the timelock"): StepStatus {
  return { kind: "waiting", reason, until };
}

/** Returns the calls that propose an operation to a chain's timelock and execute it. */
export function operationCalls(at: PlannedChain, { batch }: Pick<Operation, "batch">) {
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
