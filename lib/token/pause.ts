import type { Signer } from "ethers";

import { abi, contractAt } from "../core/abis";
import { OperatorError } from "../core/errors";
import { holderOf } from "../core/mesh/mesh";
import type { Mesh, MeshChain } from "../core/mesh/mesh";
import { NoKeyError } from "../mesh/signing";
import type { LogStore } from "../rpc/logs";
import { pinLatest } from "../rpc/pinned";
import { sendTransaction } from "../tx/send";
import type { SendOptions } from "../tx/send";

import { requireRole } from "../mesh/requireRole";

/** A chain of a task, or the reason why it is out of reach. */
export type ReachedChain =
  | { readonly name: string; readonly chain: MeshChain; readonly error?: undefined }
  | { readonly name: string; readonly chain?: undefined; readonly error: Error };

/** Chains of a mesh that are worked on one by one: one that is out of reach stops no other. */
export interface ChainsContext extends Pick<Mesh, "config" | "deployer" | "deployers"> {
  readonly chains: readonly ReachedChain[];
  /** The cache of logs of live chains between runs. */
  readonly store?: LogStore;
  /**
   * A signer for an account, connected to the chain.
   * @throws NoKeyError when no key for it is available.
   */
  signerFor(chain: MeshChain, account: string): Promise<Signer>;
  /** Returns the options of sending to a chain. */
  sendOptions(chain: MeshChain): SendOptions;
}

/** The action: stop every movement of shares, or let them move again. */
export type PauseAction = "pause" | "unpause";

const ROLES = {
  pause: { role: "GUARDIAN_ROLE", holder: "guardian" },
  unpause: { role: "UNPAUSER_ROLE", holder: "operations" },
} as const;

/** Returns whether a chain's token is paused. */
export async function isPaused({ name, provider, contracts }: MeshChain): Promise<boolean> {
  const pinned = await pinLatest(name, provider);
  return contractAt.token(contracts.token, pinned).paused();
}

/**
 * Pauses or unpauses the token of one chain.
 * @param account who signs; the guardian (or operations) of the mesh file unless named.
 * @returns the hash of the transaction.
 * @throws OperatorError telling who could; MISSING_KEY when the key is somewhere else.
 */
export async function changePause(
  context: ChainsContext,
  chain: MeshChain,
  action: PauseAction,
  { account, ...send }: SendOptions & { readonly account?: string },
): Promise<string> {
  const { role, holder } = ROLES[action];
  const { name, provider, contracts } = chain;
  const from = account ?? holderOf(context, holder, name);
  await requireRole(chain, await pinLatest(name, provider), role, from, context.store);
  const { selector: data } = abi.token.getFunction(action);
  const signer = await context.signerFor(chain, from).catch((error: unknown) => {
    if (!(error instanceof NoKeyError)) throw error;
    throw new OperatorError(
      "MISSING_KEY",
      `No key at hand may do this on ${name}. It has to be signed by ${from} (${role} of the token): to ${contracts.token}, value 0, data ${data}`,
    );
  });
  const transaction = { label: `${name}/token/${action}`, to: contracts.token, data };
  return (await sendTransaction(chain, signer, transaction, send)).hash;
}
