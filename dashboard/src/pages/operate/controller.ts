import { useQuery } from "@tanstack/react-query";
import { encodeFunctionData, zeroAddress } from "viem";
import type { Hex } from "viem";

import { clientOf } from "../../data/client";
import { useMesh } from "../../data/mesh";
import { hex } from "../../deployments";
import type { MeshDescription } from "../../deployments";

/** What the controller allows, read anew with every epoch. */
export function useControllerRules() {
  const { mesh, chains } = useMesh();
  const home = chains.find(({ chain }) => chain === mesh.home)?.snapshot;
  return useQuery({
    queryKey: ["controller", home?.epoch.toString()],
    queryFn: async () => {
      const address = hex(mesh.home.contracts.controller ?? zeroAddress);
      const contract = { address, abi: mesh.own.controller } as const;
      const client = clientOf(mesh.home);
      const [config, earliest] = await Promise.all([
        client.readContract({ ...contract, functionName: "getConfig" }),
        client.readContract({ ...contract, functionName: "earliestEffectiveAt" }),
      ]);
      return { config, earliest: Number(earliest) };
    },
  });
}

/** The call that cancels the pending rebase. */
export function cancellation(mesh: MeshDescription) {
  return encodeFunctionData({ abi: mesh.own.controller, functionName: "cancelPending" });
}

type TimelockProposal = readonly [
  target: Hex,
  value: bigint,
  data: Hex,
  predecessor: Hex,
  salt: Hex,
];

/** Who administers the controller; the timelock's part is missing where it is none. */
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
  } catch {
    // A person, or a Safe: it has no delay to tell.
    return { address, timelock: undefined };
  }
}
