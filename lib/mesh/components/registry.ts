import { ZeroAddress } from "ethers";
import { z } from "zod";
import { readOne } from "ccip-localnet/protocol";

import { ccipAbi } from "../../core/abis";
import type { MeshChain } from "../../core/mesh/mesh";
import type { PinnedChain } from "../../rpc/pinned";
import type { Call, Change, Step } from "../step";
import { call, change, stepOn, when, who } from "../stepBuilders";
import type { DefaultAdminState } from "./defaultAdmin";

/** The token's entry in CCIP's token admin registry. */
export interface RegistryState {
  readonly administrator: string;
  readonly pendingAdministrator: string;
  readonly pool: string;
}

/** The state of a chain that its registry entry depends on. */
interface Registered {
  readonly registry: RegistryState;
  readonly token: Pick<DefaultAdminState, "admin">;
}

const tokenConfig = z.object({
  administrator: z.string(),
  pendingAdministrator: z.string(),
  tokenPool: z.string(),
});

/** Reads the token's entry in CCIP's registry. */
export async function readRegistry(chain: MeshChain, pinned: PinnedChain): Promise<RegistryState> {
  const registry = { address: chain.ccip.tokenAdminRegistry, interface: ccipAbi.registry };
  const args = [chain.contracts.token];
  const config = await readOne(pinned, registry, "getTokenConfig", args, tokenConfig);
  const { tokenPool: pool, ...administration } = config;
  return { ...administration, pool };
}

/** Returns the steps that register the token's admin as its administrator in CCIP's registry. */
export function registrationSteps(chain: MeshChain, { registry, token }: Registered): Step[] {
  const { administrator, pendingAdministrator } = registry;
  const { registryModule, tokenAdminRegistry } = chain.ccip;
  const args: [string] = [chain.contracts.token];
  const register = ccipAbi.registryModule.encodeFunctionData("registerAdminViaGetCCIPAdmin", args);
  const accept = ccipAbi.registry.encodeFunctionData("acceptAdminRole", args);
  const isProposed = pendingAdministrator !== ZeroAddress;
  const isRegistered = administrator !== ZeroAddress;
  const pending = isProposed ? pendingAdministrator : token.admin;
  const proposed = "proposed administrator of the token in CCIP's registry";
  return [
    stepOn(chain, "registry/register", {
      title: "propose the token's admin to CCIP's token admin registry",
      changes: [change("proposed administrator", who(undefined), token.admin)],
      status: when(isRegistered || isProposed),
      call: call(token.admin, "admin of the token", registryModule, register),
    }),
    stepOn(chain, "registry/accept", {
      title: "accept the administration of the token in the registry",
      changes: [change("administrator", who(administrator), pending)],
      status: when(isRegistered),
      after: [`${chain.name}/registry/register`],
      call: call(pending, proposed, tokenAdminRegistry, accept),
    }),
  ];
}

/** Returns the id of the step that names the pool in the registry, which opens a chain's lanes. */
export function openingId({ name }: Pick<MeshChain, "name">): string {
  return `${name}/registry/pool`;
}

/** Returns whether CCIP's registry names the newest pool, so that a chain's lanes are open. */
export function isOpen(chain: MeshChain, now: { readonly registry: RegistryState }): boolean {
  return now.registry.pool === chain.contracts.pool;
}

/** Returns the step that names the pool in the registry, after all others: it opens the chain's lanes or moves them. */
export function openingStep(
  chain: MeshChain,
  now: Registered,
  before: readonly Step[],
  /** The call that takes over the counts of the pool in use, in the same operation. */
  adopting?: { readonly call: Call; readonly change: Change },
): Step {
  const { token, pool } = chain.contracts;
  return stepOn(chain, "registry/pool", {
    title:
      now.registry.pool === ZeroAddress || isOpen(chain, now)
        ? "name the pool in the registry, which opens the chain's lanes"
        : "name the new pool in the registry, through which tokens leave and arrive from then on",
    changes: [
      change("pool of the token", who(now.registry.pool), pool),
      ...(adopting ? [adopting.change] : []),
    ],
    batch: adopting && [adopting.call],
    after: before.map(({ id }) => id),
    call: registryCall(chain, now, ccipAbi.registry.encodeFunctionData("setPool", [token, pool])),
  });
}

/** Returns a call to the registry by the token's current or future administrator there. */
export function registryCall(chain: MeshChain, now: Registered, data: string): Call {
  const { administrator, pendingAdministrator } = now.registry;
  // Before the registration, an earlier step makes the token's admin its administrator.
  const accounts = [administrator, pendingAdministrator];
  const from = accounts.find((account) => account !== ZeroAddress) ?? now.token.admin;
  const as = "administrator of the token in CCIP's registry";
  return call(from, as, chain.ccip.tokenAdminRegistry, data);
}
