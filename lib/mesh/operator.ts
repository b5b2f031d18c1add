import type { Signer } from "ethers";
import type { VerificationSource } from "ccip-localnet/protocol";

import type { LogStore } from "../rpc/logs";
import type { SendOptions } from "../tx/send";
import type { Mesh, MeshChain } from "../core/mesh/mesh";
import type { Step } from "./step";

/** A mesh with an operator's signers and send options. */
export interface OperatorContext {
  readonly mesh: Mesh;
  /** Chains that do not answer, and why; only for tasks that can run without them. */
  readonly unreachable?: ReadonlyMap<string, Error>;
  /** Cache for logs of live chains. */
  readonly store?: LogStore;
  /** The source of verifier results of CCIP 2.0; undefined if none is known. */
  readonly verifications?: VerificationSource;
  /**
   * Returns a signer for an account, connected to the chain.
   * @throws NoKeyError when no key for it is available.
   */
  signerFor(chain: MeshChain, account: string): Promise<Signer>;
  /** Returns the send options of a chain. */
  sendOptions(chain: MeshChain): SendOptions;
  /**
   * Moves the clocks of local chains. Undefined on live chains.
   * @returns false when there is nothing more to wait for.
   */
  readonly passTime?: (steps: readonly Step[]) => Promise<boolean>;
}
