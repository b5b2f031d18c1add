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

/** Constructor arguments of RebaseNotifier. */
export function notifierArguments({ deployer }: DeploymentTarget, token: string) {
  return [token, deployer] as const;
}

/** Constructor arguments of PairSyncer. */
export function pairSyncerArguments({ deployer }: DeploymentTarget) {
  return [deployer] as const;
}

/** Constructor arguments of WrappedRebaseToken. */
export function wrapperArguments({ config }: DeploymentTarget, token: string) {
  const { name = "", symbol = "" } = config.wrapper ?? {};
  return [token, name, symbol] as const;
}

/** Constructor arguments of WrappedBridge. */
export function wrappedBridgeArguments({ ccip, deployer }: DeploymentTarget, wrapper: string) {
  return [ccip.router, wrapper, ccip.link, deployer] as const;
}

/** Constructor arguments of RebaseRateFeed: home has no receiver. */
export function rateFeedArguments(token: string, receiver?: string) {
  return [token, receiver ?? ZeroAddress] as const;
}

/** Constructor arguments of ProposalSender. */
export function proposalSenderArguments({ config, ccip, deployer }: DeploymentTarget) {
  return [ccip.router, ccip.link, deployer, config.admin.handoverDelay] as const;
}

/** Constructor arguments of ProposalReceiver: its timelock owns it from the start. */
export function proposalReceiverArguments({ ccip }: DeploymentTarget, timelock: string) {
  return [ccip.router, timelock] as const;
}

/** Constructor arguments of RebaseReceiver. */
export function receiverArguments({ ccip, deployer }: DeploymentTarget, token: string) {
  return [ccip.router, token, deployer] as const;
}
