import { concat } from "ethers";
import type { Signer } from "ethers";

import type { CcipAddresses, CcipContractName } from "../protocol/chain";
import { releasedOf } from "../protocol/releases";
import type { ContractCode } from "../protocol/releases";
import { sendAll } from "../send";
import type { LabelledTransaction } from "../send";

/** A contract that CCIP has released, whichever version it is of. */
export type CcipContract = Exclude<CcipContractName, "link" | "weth">;

/** Returns the transaction that creates a contract. */
export function creation(code: ContractCode, args: readonly unknown[]): LabelledTransaction {
  return {
    label: `deployment of ${code.name}`,
    data: concat([code.bytecode, code.interface.encodeDeploy(args)]),
  };
}

/** Deploys one contract and returns its address. */
export async function deployContract(
  signer: Signer,
  code: ContractCode,
  args: readonly unknown[] = [],
): Promise<string> {
  const [receipt] = await sendAll(signer, [creation(code, args)]);
  if (!receipt?.contractAddress) throw new Error(`${code.name} was not deployed.`);
  return receipt.contractAddress;
}

/**
 * Returns a transaction that calls a function of a CCIP contract.
 * @throws when the version that `ccip` runs has no such contract.
 */
export function call(
  ccip: CcipAddresses,
  contract: CcipContract,
  name: string,
  args: readonly unknown[],
): LabelledTransaction {
  const to = (ccip as Partial<Record<CcipContract, string>>)[contract];
  if (!to) throw new Error(`CCIP ${ccip.version} has no ${contract}: call it on another version.`);
  const { interface: abi } = releasedOf(contract, ccip.version);
  return { label: `${contract}.${name}`, to, data: abi.encodeFunctionData(name, args) };
}
