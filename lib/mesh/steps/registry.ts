import { ZeroAddress } from "ethers";

import { abi, ccipAbi } from "../../core/abis";
import type { MeshChain } from "../../core/mesh/mesh";
import type { ChainState } from "../state";
import type { Call, Step } from "../step";

import { call, change, when, who } from "./stepBuilders";

const AS = "administrator of the token in CCIP's registry";

/** The token's administrator in CCIP's registry: first whoever the token names, later the timelock. */
export function registrationSteps(chain: MeshChain, now: ChainState): Step[] {
  const { registry } = now;
  const registered = registry.administrator !== ZeroAddress;
  const proposed = registry.pendingAdministrator !== ZeroAddress;
  const { token } = chain.contracts;
  const register: Step = {
    id: `${chain.name}/registry/register`,
    chain: chain.name,
    title: "propose the token's admin to CCIP's token admin registry",
    changes: [change("proposed administrator", who(undefined), now.token.admin)],
    status: when(registered || proposed),
    after: [],
    call: call(
      now.token.admin,
      "admin of the token",
      chain.ccip.registryModule,
      ccipAbi.registryModule.encodeFunctionData("registerAdminViaGetCCIPAdmin", [token]),
    ),
  };
  const pending = proposed ? registry.pendingAdministrator : now.token.admin;
  const accept: Step = {
    id: `${chain.name}/registry/accept`,
    chain: chain.name,
    title: "accept the administration of the token in the registry",
    changes: [change("administrator", who(registry.administrator), pending)],
    status: when(registered),
    after: [register.id],
    call: call(
      pending,
      "proposed administrator of the token in CCIP's registry",
      chain.ccip.tokenAdminRegistry,
      ccipAbi.registry.encodeFunctionData("acceptAdminRole", [token]),
    ),
  };
  return [register, accept];
}

/** The id of the step by which a chain's lanes open, or tokens take to another pool. */
export function openingId({ name }: Pick<MeshChain, "name">): string {
  return `${name}/registry/pool`;
}

/** Whether a chain's lanes are open, as far as the chain is concerned. */
export function isOpen({ contracts }: MeshChain, now: ChainState): boolean {
  return now.registry.pool === contracts.pool;
}

/**
 * Naming the pool opens a chain's lanes, so everything else on every chain comes before. When there
 * was another one, tokens leave and arrive through the new one from then on.
 */
export function openingStep(chain: MeshChain, now: ChainState, before: readonly Step[]): Step {
  const { token, pool } = chain.contracts;
  return {
    id: openingId(chain),
    chain: chain.name,
    title:
      now.registry.pool === ZeroAddress || now.registry.pool === pool
        ? "name the pool in the registry, which opens the chain's lanes"
        : "name the new pool in the registry, through which tokens leave and arrive from then on",
    changes: [change("pool of the token", who(now.registry.pool), pool)],
    status: when(isOpen(chain, now)),
    after: before.map(({ id }) => id),
    call: registryCall(chain, now, ccipAbi.registry.encodeFunctionData("setPool", [token, pool])),
  };
}

/** A call to the registry by whoever administers the token there, or will. */
export function registryCall(chain: MeshChain, now: ChainState, data: string): Call {
  const { administrator, pendingAdministrator } = now.registry;
  // Before it is registered, a step ahead of this one makes the token's admin its administrator.
  const from =
    [administrator, pendingAdministrator].find((account) => account !== ZeroAddress) ??
    now.token.admin;
  return call(from, AS, chain.ccip.tokenAdminRegistry, data);
}

/** Takes back what was offered to anyone but the timelock; no steps when nothing was. */
export function withdrawalSteps(chain: MeshChain, now: ChainState): Step[] {
  const { timelock, token, pool } = chain.contracts;
  const { pendingAdministrator, administrator } = now.registry;
  const steps: Step[] = [];
  const withdraw = (name: string, to: string, by: Call) =>
    steps.push({
      id: `${chain.name}/${name}/offer to ${to}`,
      chain: chain.name,
      title: `take back the ${name}, which was offered to ${to}`,
      changes: [change(`offered to`, to, "nobody")],
      status: { kind: "todo" },
      after: [],
      call: by,
    });
  const cancel = abi.token.encodeFunctionData("cancelDefaultAdminTransfer");
  const isThirdParty = (account: string) => account !== ZeroAddress && account !== timelock;
  if (administrator !== ZeroAddress && isThirdParty(pendingAdministrator)) {
    const data = ccipAbi.registry.encodeFunctionData("transferAdminRole", [token, ZeroAddress]);
    withdraw("registry", pendingAdministrator, registryCall(chain, now, data));
  }
  const admins =
    now.role === "home" && chain.role === "home"
      ? ([
          ["token", token, now.token],
          ["controller", chain.contracts.controller, now.controller],
          ["broadcaster", chain.contracts.broadcaster, now.broadcaster],
        ] as const)
      : ([["token", token, now.token]] as const);
  for (const [name, address, { admin, pendingAdmin }] of admins) {
    if (!isThirdParty(pendingAdmin)) continue;
    withdraw(name, pendingAdmin, call(admin, `default admin of the ${name}`, address, cancel));
  }
  const disown = abi.pool.encodeFunctionData("transferOwnership", [ZeroAddress]);
  if (now.pool.offeredToThirdParty !== undefined) {
    const { owner, offeredToThirdParty } = now.pool;
    withdraw("pool", offeredToThirdParty, call(owner, "owner of the pool", pool, disown));
  }
  if (chain.role === "satellite" && now.role === "satellite") {
    const { owner, pendingOwner } = now.receiver;
    if (isThirdParty(pendingOwner)) {
      const { receiver } = chain.contracts;
      withdraw("receiver", pendingOwner, call(owner, "owner of the receiver", receiver, disown));
    }
  }
  return steps;
}
