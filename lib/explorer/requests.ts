import { OperatorError } from "../core/errors";

import type { ContractSite, Creation } from "./verify";

/** A contract that hardhat-verify submits to a block explorer. */
export interface ExplorerRequest {
  readonly address: string;
  /** `contracts/RebaseToken.sol:RebaseToken` */
  readonly contract: string;
  readonly constructorArguments: readonly unknown[];
}

/**
 * Makes the requests for a block explorer: the constructor arguments are those that
 * hardhat-deploy wrote down when it sent them.
 * @throws when nothing was written down of one, or of another one.
 */
export function explorerRequests(
  sites: readonly ContractSite[],
  creationOf: (network: string, deployment: string) => Creation | undefined,
): ExplorerRequest[] {
  return sites.map(({ chain, contract, address, source, name, deployment }) => {
    const creation = creationOf(chain, deployment);
    if (creation?.address !== address) {
      throw new OperatorError(
        "NOT_DEPLOYED",
        `The constructor arguments of the ${contract} at ${address} are not known: the record ${deployment}.json of ${chain} ${
          creation ? `is of ${creation.address}` : "is not there"
        }. Take it from the machine that deployed it.`,
      );
    }
    return { address, contract: `${source}:${name}`, constructorArguments: creation.args ?? [] };
  });
}
