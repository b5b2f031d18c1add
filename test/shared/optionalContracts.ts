import type { BaseContract, ContractFactory, Signer } from "ethers";

import { declaredOptional } from "../../lib/core/mesh/optional";
import type { OptionalKey } from "../../lib/core/mesh/optional";
import {
  notifierArguments,
  pairSyncerArguments,
  proposalReceiverArguments,
  proposalSenderArguments,
  rateFeedArguments,
  wrappedBridgeArguments,
  wrapperArguments,
} from "../../lib/mesh/constructorArguments";
import type { DeploymentTarget } from "../../lib/mesh/constructorArguments";
import {
  PairSyncer__factory,
  ProposalReceiver__factory,
  ProposalSender__factory,
  RebaseNotifier__factory,
  RebaseRateFeed__factory,
  WrappedBridge__factory,
  WrappedRebaseToken__factory,
} from "../../typechain-types";

type Create = (
  factory: ContractFactory<unknown[], BaseContract>,
  args: readonly unknown[],
) => Promise<string>;

/** Deploys the optional contracts that a mesh declares for a chain, as the deploy scripts do. */
export async function deployOptional(
  target: DeploymentTarget,
  contracts: { readonly timelock: string; readonly token: string; readonly receiver?: string },
  deployer: Signer,
  create: Create,
): Promise<Partial<Record<OptionalKey, string>>> {
  const { timelock, token, receiver } = contracts;
  const deployed: Partial<Record<OptionalKey, string>> = {};
  const deploy: Record<OptionalKey, () => Promise<string>> = {
    notifier: () => create(new RebaseNotifier__factory(deployer), notifierArguments(target, token)),
    pairSyncer: () => create(new PairSyncer__factory(deployer), pairSyncerArguments(target)),
    wrapper: () =>
      create(new WrappedRebaseToken__factory(deployer), wrapperArguments(target, token)),
    wrappedBridge: () =>
      create(
        new WrappedBridge__factory(deployer),
        wrappedBridgeArguments(target, deployed.wrapper ?? ""),
      ),
    rateFeed: () =>
      create(new RebaseRateFeed__factory(deployer), rateFeedArguments(token, receiver)),
    proposalSender: () =>
      create(new ProposalSender__factory(deployer), proposalSenderArguments(target)),
    proposalReceiver: () =>
      create(new ProposalReceiver__factory(deployer), proposalReceiverArguments(target, timelock)),
  };
  for (const { key } of declaredOptional(target.config, target.role)) {
    deployed[key] = await deploy[key]();
  }
  return deployed;
}
