import { Interface, concat, getCreateAddress } from "ethers";
import type { Provider, Signer } from "ethers";

import { sendTransaction, settle } from "../tx/send";
import type { SendOptions } from "../tx/send";

import type { Artifact } from "./artifact";
import { recordOf } from "./store";
import type { DeploymentStore, DeploymentRecord } from "./store";
import { isCodeOf } from "./code";

/** A chain that is deployed to. */
interface Site {
  readonly name: string;
  readonly provider: Provider;
}

/**
 * Deploys a contract, waits until it is mined, and writes it down. The transaction is written down
 * before it is sent, so that {@link findDeployed} finds it whatever happens to this run.
 * @param signer connected to the chain.
 */
export async function deployContract(
  chain: Site,
  signer: Signer,
  { artifact, args, deploymentStore, name }: Deployment,
  options?: SendOptions,
): Promise<DeploymentRecord> {
  const from = await signer.getAddress();
  const nonce = await chain.provider.getTransactionCount(from);
  const hashes: string[] = [];
  const receipt = await sendTransaction(
    chain,
    signer,
    { label: `deploy ${artifact.contractName} on ${chain.name}`, data: creationOf(artifact, args) },
    {
      ...options,
      onSigned: (_, hash) => {
        hashes.push(hash);
        const address = getCreateAddress({ from, nonce });
        deploymentStore.write(name, { address, abi: [], args: [...args], pending: { from, hashes } });
      },
    },
  );
  const record = recordOf(artifact, args, receipt);
  deploymentStore.keepInput(artifact);
  deploymentStore.write(name, record);
  return record;
}

/** A contract to be deployed, and where that is written down. */
export interface Deployment {
  readonly artifact: Artifact;
  /** Of the constructor. */
  readonly args: readonly unknown[];
  readonly deploymentStore: DeploymentStore;
  /** Of the record. */
  readonly name: string;
}

/**
 * What was deployed and written down under a name, if its code is that of the artifact. Waits for a
 * deployment that a run before has sent and not seen mined.
 */
export async function findDeployed(
  chain: Site,
  { artifact, args, deploymentStore, name }: Deployment,
): Promise<DeploymentRecord | undefined> {
  const record = deploymentStore.find(name);
  if (!record) return undefined;
  const { pending } = record;
  if (!pending) {
    return isCodeOf(artifact, await chain.provider.getCode(record.address)) ? record : undefined;
  }
  await settle(chain, chain.provider, pending.from);
  for (const hash of pending.hashes) {
    const receipt = await chain.provider.getTransactionReceipt(hash);
    if (!receipt?.contractAddress || receipt.status !== 1) continue;
    if (!isCodeOf(artifact, await chain.provider.getCode(receipt.contractAddress))) continue;
    const found = recordOf(artifact, args, receipt);
    deploymentStore.keepInput(artifact);
    deploymentStore.write(name, found);
    return found;
  }
  return undefined;
}

/** The code that creates a contract, constructor arguments included. */
export function creationOf({ abi, bytecode }: Artifact, args: readonly unknown[]): string {
  return concat([bytecode, new Interface(abi).encodeDeploy([...args])]);
}
