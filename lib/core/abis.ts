import { Contract } from "ethers";
import type { BaseContract, ContractRunner, Interface } from "ethers";
import { released } from "ccip-localnet/protocol";

import {
  ContainedRebaseTokenPool__factory,
  PairSyncer__factory,
  ProposalReceiver__factory,
  ProposalSender__factory,
  RebaseBroadcaster__factory,
  RebaseController__factory,
  RebaseNotifier__factory,
  RebaseRateFeed__factory,
  RebaseReceiver__factory,
  RebaseTokenPool__factory,
  RebaseToken__factory,
  TimelockController__factory,
  WrappedBridge__factory,
  WrappedRebaseToken__factory,
} from "../../typechain-types";
import type {
  ContainedRebaseTokenPool,
  PairSyncer,
  ProposalReceiver,
  ProposalSender,
  RebaseBroadcaster,
  RebaseController,
  RebaseNotifier,
  RebaseRateFeed,
  RebaseReceiver,
  RebaseToken,
  RebaseTokenPool,
  TimelockController,
  WrappedBridge,
  WrappedRebaseToken,
} from "../../typechain-types";

/** ABIs of the contracts of this project, by the names that a mesh uses. */
export const abi = {
  timelock: TimelockController__factory.createInterface(),
  token: RebaseToken__factory.createInterface(),
  pool: RebaseTokenPool__factory.createInterface(),
  containedPool: ContainedRebaseTokenPool__factory.createInterface(),
  controller: RebaseController__factory.createInterface(),
  broadcaster: RebaseBroadcaster__factory.createInterface(),
  receiver: RebaseReceiver__factory.createInterface(),
  notifier: RebaseNotifier__factory.createInterface(),
  pairSyncer: PairSyncer__factory.createInterface(),
  wrapper: WrappedRebaseToken__factory.createInterface(),
  wrappedBridge: WrappedBridge__factory.createInterface(),
  rateFeed: RebaseRateFeed__factory.createInterface(),
  proposalSender: ProposalSender__factory.createInterface(),
  proposalReceiver: ProposalReceiver__factory.createInterface(),
} as const;

/**
 * The contracts of this project at an address, for a provider to read or a signer to call. TypeChain's
 * factories parse the whole ABI on each call, which would take a sixth of the time of reading a mesh. LINK is read as
 * a token too: both are ERC-20.
 */
export const contractAt = {
  timelock: typed<TimelockController>(abi.timelock),
  token: typed<RebaseToken>(abi.token),
  pool: typed<RebaseTokenPool>(abi.pool),
  containedPool: typed<ContainedRebaseTokenPool>(abi.containedPool),
  controller: typed<RebaseController>(abi.controller),
  broadcaster: typed<RebaseBroadcaster>(abi.broadcaster),
  receiver: typed<RebaseReceiver>(abi.receiver),
  notifier: typed<RebaseNotifier>(abi.notifier),
  pairSyncer: typed<PairSyncer>(abi.pairSyncer),
  wrapper: typed<WrappedRebaseToken>(abi.wrapper),
  wrappedBridge: typed<WrappedBridge>(abi.wrappedBridge),
  rateFeed: typed<RebaseRateFeed>(abi.rateFeed),
  proposalSender: typed<ProposalSender>(abi.proposalSender),
  proposalReceiver: typed<ProposalReceiver>(abi.proposalReceiver),
} as const;

/** The cast is TypeChain's own: the type was made from this very ABI. */
function typed<C extends BaseContract>(contract: Interface) {
  return (address: string, runner: ContractRunner | null): C =>
    new Contract(address, contract, runner) as unknown as C;
}

/** ABIs of CCIP's contracts by which a token is registered. */
export const ccipAbi = {
  registry: released("tokenAdminRegistry").interface,
  registryModule: released("registryModule").interface,
} as const;
