import type { Signer } from "ethers";
import type { VerificationSource } from "ccip-localnet/protocol";

import type { LogStore } from "../rpc/logs";
import type { SendOptions } from "../tx/send";
import type { Mesh, MeshChain } from "../core/mesh/mesh";
import type { Step } from "./step";

/** A mesh that somebody works on: what is declared, the keys at hand, and how to wait. */
export interface OperatorContext {
  readonly mesh: Mesh;
  /** Chains that do not answer, and why; only where a task can do without them. */
  readonly unreachable?: ReadonlyMap<string, Error>;
  /** Where logs of live chains are kept between runs. */
  readonly store?: LogStore;
  /** Where results of verifiers of CCIP 2.0 are found; undefined where nobody is known to publish any. */
  readonly verifications?: VerificationSource;
  /**
   * A signer for an account, connected to the chain.
   * @throws NoKeyError when no key for it is at hand.
   */
  signerFor(chain: MeshChain, account: string): Promise<Signer>;
  /** How transactions are sent to a chain. */
  sendOptions(chain: MeshChain): SendOptions;
  /**
   * Passes the time on chains whose clock is in our hands. Undefined where time passes by itself.
   * @returns false when nothing more can be waited for.
   */
  readonly passTime?: (steps: readonly Step[]) => Promise<boolean>;
}
