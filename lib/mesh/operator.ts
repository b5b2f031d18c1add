import type { Signer } from "ethers";
import type { VerificationSource } from "ccip-localnet/protocol";

import type { LogStore } from "../rpc/logs";
import type { SendOptions } from "../tx/send";
import type { Mesh, MeshChain } from "../core/mesh/mesh";
import type { Step } from "./step";

/** A mesh with the keys of an operator, and how to send and wait. */
export interface OperatorContext {
  readonly mesh: Mesh;
  /** Chains that do not answer, and why; only for tasks that can do without them. */
  readonly unreachable?: ReadonlyMap<string, Error>;
  /** Where logs of live chains are kept between runs. */
  readonly store?: LogStore;
  /** The source of verifier results of CCIP 2.0; undefined where none is known. */
  readonly verifications?: VerificationSource;
  /**
   * Returns a signer for an account, connected to the chain.
   * @throws NoKeyError when there is no key for it.
   */
  signerFor(chain: MeshChain, account: string): Promise<Signer>;
  /** How transactions are sent to a chain. */
  sendOptions(chain: MeshChain): SendOptions;
  /**
   * Moves the clocks of local chains. Undefined where time passes by itself.
   * @returns false when nothing more can be waited for.
   */
  readonly passTime?: (steps: readonly Step[]) => Promise<boolean>;
}
