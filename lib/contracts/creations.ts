import { readFileSync } from "node:fs";
import path from "node:path";

import { getAddress } from "ethers";
import { z } from "zod";

/** What hardhat-deploy wrote down of a deployment. */
export interface Creation {
  readonly address: string;
  readonly transactionHash?: string | undefined;
  /** Of the constructor, as JSON. */
  readonly args: readonly unknown[];
}

const creationSchema = z.object({
  address: z.string().transform((value) => getAddress(value)),
  transactionHash: z.string().optional(),
  args: z.array(z.unknown()).default([]),
});

/**
 * Reads what was written down of a deployment; undefined when nothing was.
 * @param deployments the folder that hardhat-deploy writes to.
 * @param name of the deployment: `RebaseToken_Proxy`.
 */
export function readCreation(
  deployments: string,
  network: string,
  name: string,
): Creation | undefined {
  let text: string;
  try {
    text = readFileSync(path.join(deployments, network, `${name}.json`), "utf8");
  } catch {
    return undefined;
  }
  return creationSchema.parse(JSON.parse(text));
}
