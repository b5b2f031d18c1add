import type { Signer } from "ethers";

import type { Mesh, MeshChain } from "../core/mesh/mesh";
import type { LogStore } from "../rpc/logs";
import type { SendOptions } from "../tx/send";

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
   * @throws NoKeyError when no key for it is at hand.
   */
  signerFor(chain: MeshChain, account: string): Promise<Signer>;
  /** Returns the options of sending to a chain. */
  sendOptions(chain: MeshChain): SendOptions;
}
