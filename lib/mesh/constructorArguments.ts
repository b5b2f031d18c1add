import { ZeroAddress } from "ethers";

import { holderOf } from "../core/mesh/mesh";
import type { ChainCcip } from "../core/mesh/mesh";
import type { MeshConfig } from "../core/mesh/schema";

/** The chain and the account of a deployment. */
export interface DeploymentTarget {
  /** Network name, for overrides in the mesh file. */
  readonly network: string;
  readonly config: MeshConfig;
  readonly role: "home" | "satellite";
  readonly ccip: ChainCcip;
  readonly deployer: string;
}

/** Constructor arguments of OpenZeppelin's TimelockController; it administers itself. */
export function timelockArguments(target: DeploymentTarget) {
  const operations = holderOf(target, "operations", target.network);
  return [target.config.admin.timelockDelay, [operations], [operations], ZeroAddress] as const;
}

/** Arguments of RebaseToken's `initialize`; the deployer administers it until the mesh is wired. */
export function tokenArguments({ config, role, deployer }: DeploymentTarget) {
  const { name, symbol } = config.token;
  return [name, symbol, role === "home", deployer, config.admin.handoverDelay] as const;
}

/** Constructor arguments of RebaseTokenPool. */
export function poolArguments({ ccip }: DeploymentTarget, token: string) {
  return [token, ccip.rmnProxy, ccip.router] as const;
}

/** Constructor arguments of RebaseController. */
export function controllerArguments({ config, deployer }: DeploymentTarget, token: string) {
  return [token, config.controller, deployer, config.admin.handoverDelay] as const;
}

/** Constructor arguments of RebaseBroadcaster. */
export function broadcasterArguments({ config, ccip, deployer }: DeploymentTarget, token: string) {
  return [token, ccip.router, ccip.link, deployer, config.admin.handoverDelay] as const;
}

/** Constructor arguments of RebaseReceiver. */
export function receiverArguments({ ccip, deployer }: DeploymentTarget, token: string) {
  return [ccip.router, token, deployer] as const;
}
