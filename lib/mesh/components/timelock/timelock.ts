import { ZeroAddress } from "ethers";

import { abi, contractAt } from "../../../core/abis";
import { holderOf } from "../../../core/mesh/mesh";
import type { Mesh, MeshChain } from "../../../core/mesh/mesh";
import type { PinnedChain } from "../../../rpc/pinned";
import { fact } from "../../drift";
import type { Drift } from "../../drift";
import type { Step } from "../../step";
import { call, change, when } from "../../stepBuilders";
import type { Grant } from "../grants";

export interface TimelockState {
  /** Minimum delay, seconds. */
  readonly minDelay: bigint;
  /** The roles, each with true if all declared accounts have it. */
  readonly roles: Readonly<Record<string, boolean>>;
}

/** The status of a proposal to a timelock. */
export interface OperationState {
  readonly state: "unset" | "waiting" | "ready" | "done";
  /** Earliest execution time, unix seconds; 0 before it is proposed. */
  readonly readyAt: bigint;
}

const STATES = ["unset", "waiting", "ready", "done"] as const;

/** Reads the status of a proposal to a chain's timelock. */
export async function readOperation(
  chain: MeshChain,
  pinned: PinnedChain,
  operationId: string,
): Promise<OperationState> {
  const timelock = contractAt.timelock(chain.contracts.timelock, pinned);
  const [state, readyAt] = await Promise.all([
    timelock.getOperationState(operationId),
    timelock.getTimestamp(operationId),
  ]);
  const name = STATES[Number(state)];
  if (name) return { state: name, readyAt };
  throw new Error(`${chain.name}: the timelock answers with the unknown state ${state}.`);
}

/** Checks that the timelock administers its own roles. */
export async function timelockDrift(
  { contracts }: MeshChain,
  pinned: PinnedChain,
): Promise<Drift[]> {
  const timelock = contractAt.timelock(contracts.timelock, pinned);
  const governsItself = await timelock.hasRole(
    await timelock.DEFAULT_ADMIN_ROLE(),
    contracts.timelock,
  );
  return [
    fact(
      "timelock/DEFAULT_ADMIN_ROLE",
      governsItself ? contracts.timelock : "not the timelock itself",
      contracts.timelock,
      "its proposers can never change again: deploy another timelock and hand everything over to it",
    ),
  ];
}

/** Returns the step that sets the delay of proposals. */
export function timelockDelayStep(
  { config }: Mesh,
  { name, contracts }: MeshChain,
  { minDelay }: TimelockState,
): Step {
  const { timelock } = contracts;
  const { timelockDelay } = config.admin;
  return {
    id: `${name}/timelock/delay`,
    chain: name,
    title: `set the delay of the timelock's proposals to ${timelockDelay} s`,
    changes: [change("delay", `${minDelay} s`, `${timelockDelay} s`)],
    status: when(minDelay === BigInt(timelockDelay)),
    after: [],
    call: call(
      timelock,
      "the timelock itself",
      timelock,
      abi.timelock.encodeFunctionData("updateDelay", [timelockDelay]),
    ),
  };
}

/**
 * Returns the account that may act at a chain's timelock: the declared one once it has the role, or else a current
 * holder. While a holder is replaced, its roles may change at different times.
 */
export function accountWith(
  mesh: Mesh,
  { name }: MeshChain,
  now: { readonly timelock: TimelockState; readonly unexpectedGrants: readonly Grant[] },
  role: "PROPOSER_ROLE" | "EXECUTOR_ROLE",
): string {
  const operations = holderOf(mesh, "operations", name);
  if (now.timelock.roles[role]) return operations;
  const other = now.unexpectedGrants.find(
    (grant) =>
      // A role of the zero address is open to everyone, and the zero address cannot send.
      grant.contract === "timelock" && grant.role === role && grant.account !== ZeroAddress,
  );
  return other?.account ?? operations;
}

/** Returns the delay of a proposal in seconds: the declared one, or the timelock's if that is longer. */
export function proposalDelay({ config }: Mesh, { minDelay }: TimelockState): bigint {
  const declared = BigInt(config.admin.timelockDelay);
  return declared > minDelay ? declared : minDelay;
}
