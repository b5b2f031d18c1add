import {
  BaseError,
  ContractFunctionRevertedError,
  ContractFunctionZeroDataError,
  encodeFunctionData,
  zeroAddress,
} from "viem";
import type { Hex } from "viem";

import { unread } from "../../model/reading";
import type { Reading } from "../../model/reading";
import { clientOf, readNewest } from "../../data/client";
import { useMesh } from "../../data/mesh";
import { useReadings } from "../../data/useReadings";
import { hex } from "../../deployments";
import type { MeshDescription } from "../../deployments";

/** Limits of the controller. */
export interface ControllerRules {
  readonly minGrowthFactor: bigint;
  readonly maxGrowthFactor: bigint;
  /** Seconds from the transaction until the rebase takes effect. */
  readonly delay: number;
  /** Earliest time at which a rebase sent now could take effect, unix seconds. */
  readonly earliest: number;
}

/** Reads the limits of the controller. */
export function useControllerRules(): Reading<ControllerRules> {
  const { mesh } = useMesh();
  const [rules = unread(mesh.home.name)] = useReadings<ControllerRules>([mesh.home], {
    key: ["controller"],
    read: (home) =>
      readNewest(home, async (client, blockNumber) => {
        const address = hex(home.contracts.controller ?? zeroAddress);
        const contract = { address, abi: mesh.own.controller, blockNumber } as const;
        const [{ minGrowthFactor, maxGrowthFactor, delay }, earliest] = await Promise.all([
          client.readContract({ ...contract, functionName: "getConfig" }),
          client.readContract({ ...contract, functionName: "earliestEffectiveAt" }),
        ]);
        return { minGrowthFactor, maxGrowthFactor, delay, earliest: Number(earliest) };
      }),
    interval: mesh.live ? 12_000 : 2_000,
  });
  return rules;
}

/** Returns the call that cancels the pending rebase, given the epoch that the cancellation creates. */
export function cancellation(mesh: MeshDescription, newEpoch: number) {
  return encodeFunctionData({
    abi: mesh.own.controller,
    functionName: "cancelPending",
    args: [newEpoch],
  });
}

type TimelockProposal = readonly [
  target: Hex,
  value: bigint,
  data: Hex,
  predecessor: Hex,
  salt: Hex,
];

/** Reads the admin of the controller; without a timelock if it is another account. */
export async function readControllerAdmin(
  mesh: MeshDescription,
  controller: Hex,
  account: Hex,
  proposal: TimelockProposal,
) {
  const client = clientOf(mesh.home);
  const address = await client.readContract({
    address: controller,
    abi: mesh.own.controller,
    functionName: "defaultAdmin",
  });
  const contract = { address, abi: mesh.own.timelock } as const;
  try {
    const [delay, role, id] = await Promise.all([
      client.readContract({ ...contract, functionName: "getMinDelay" }),
      client.readContract({ ...contract, functionName: "PROPOSER_ROLE" }),
      client.readContract({ ...contract, functionName: "hashOperation", args: proposal }),
    ]);
    const [mayPropose, readyAt] = await Promise.all([
      client.readContract({ ...contract, functionName: "hasRole", args: [role, account] }),
      client.readContract({ ...contract, functionName: "getTimestamp", args: [id] }),
    ]);
    return {
      address,
      timelock: { delay: Number(delay), mayPropose, readyAt: Number(readyAt) },
    };
  } catch (error) {
    const isOther =
      error instanceof BaseError &&
      error.walk(
        (cause) =>
          cause instanceof ContractFunctionZeroDataError ||
          cause instanceof ContractFunctionRevertedError,
      ) !== null;
    // A failed request does not prove that there is no timelock.
    if (!isOther) throw error;
    // A key or a Safe, which has no delay.
    return { address, timelock: undefined };
  }
}
