import type { Hex } from "viem";

import { map } from "../model/reading";
import type { Read, Reading } from "../model/reading";
import { readNewest } from "../data/client";
import { useMesh } from "../data/mesh";
import { useReadings } from "../data/useReadings";
import { hex } from "../deployments";
import type { DeployedChain, MeshDescription } from "../deployments";
import { useAccountAddress } from "./wallet";

export interface ControllerRoles {
  readonly isOperator: boolean;
  readonly isAdmin: boolean;
}

export interface TokenRoles {
  readonly mayPause: boolean;
  readonly mayUnpause: boolean;
}

export interface Roles {
  readonly controller: Reading<ControllerRoles>;
  readonly tokens: readonly {
    readonly chain: DeployedChain;
    readonly roles: Reading<TokenRoles>;
  }[];
}

const INTERVAL_MS = 30_000;

/** Reads the roles of the connected account on every chain; nothing without an account. */
export function useRoles(): Roles | undefined {
  const { mesh } = useMesh();
  const account = useAccountAddress();
  const readings = useReadings<TokenRoles & { readonly controller: ControllerRoles | undefined }>(
    account ? mesh.chains : [],
    {
      key: ["roles", account ?? "nobody"],
      read: (chain) => {
        if (!account) throw new Error("No account is connected.");
        return readRoles(mesh, chain, account);
      },
      interval: INTERVAL_MS,
    },
  );
  const home = readings[mesh.chains.indexOf(mesh.home)];
  if (!account || !home) return undefined;
  return {
    controller: map(home, ({ controller }) => controller ?? { isOperator: false, isAdmin: false }),
    tokens: mesh.chains.flatMap((chain, i) => {
      const roles = readings[i];
      return roles ? [{ chain, roles }] : [];
    }),
  };
}

function readRoles(
  mesh: MeshDescription,
  chain: DeployedChain,
  account: Hex,
): Promise<Read<TokenRoles & { readonly controller: ControllerRoles | undefined }>> {
  return readNewest(chain, async (client, blockNumber) => {
    const token = {
      address: hex(chain.contracts.token),
      abi: mesh.own.token,
      blockNumber,
    } as const;
    const holds = async (functionName: "GUARDIAN_ROLE" | "UNPAUSER_ROLE") => {
      const role = await client.readContract({ ...token, functionName });
      return client.readContract({ ...token, functionName: "hasRole", args: [role, account] });
    };
    const { controller } = chain.contracts;
    const governs = async (functionName: "REBASE_OPERATOR_ROLE" | "DEFAULT_ADMIN_ROLE") => {
      if (!controller) return false;
      const contract = {
        address: hex(controller),
        abi: mesh.own.controller,
        blockNumber,
      } as const;
      const role = await client.readContract({ ...contract, functionName });
      return client.readContract({ ...contract, functionName: "hasRole", args: [role, account] });
    };
    const [mayPause, mayUnpause, isOperator, isAdmin] = await Promise.all([
      holds("GUARDIAN_ROLE"),
      holds("UNPAUSER_ROLE"),
      governs("REBASE_OPERATOR_ROLE"),
      governs("DEFAULT_ADMIN_ROLE"),
    ]);
    return { mayPause, mayUnpause, controller: controller ? { isOperator, isAdmin } : undefined };
  });
}
