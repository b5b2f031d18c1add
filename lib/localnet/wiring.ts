import type { Signer } from "ethers";
import { localAccount } from "ccip-localnet";
import type { LocalCcip } from "ccip-localnet";
import { LOCAL_FUNDED_ACCOUNTS } from "ccip-localnet/config";
import type { CcipChain } from "ccip-localnet/protocol";

import type { Mesh, MeshChain } from "../core/mesh/mesh";
import { applyMesh } from "../mesh/apply";
import type { ApplyResult } from "../mesh/apply";
import type { Step } from "../mesh/step";

import { passDelays } from "./waiting";

/**
 * Wires a local mesh: every account of the development mnemonic signs for itself, messages are
 * delivered, and delays pass by moving the chains' clocks.
 */
export function wireMesh(
  mesh: Mesh,
  { chains, ccip }: { readonly chains: readonly CcipChain[]; readonly ccip: LocalCcip },
  onSent?: (step: Step) => void,
): Promise<ApplyResult> {
  return applyMesh(mesh, {
    signerFor,
    onSent,
    // A step without a message in flight would wait forever.
    whileWaiting: async (steps) =>
      (await passDelays(chains, steps)) || (await ccip.deliver()).length > 0,
  });
}

/** Returns the signer of an account of the development mnemonic on a chain. */
export function signerFor(chain: MeshChain, account: string): Promise<Signer> {
  for (let index = 0; index < LOCAL_FUNDED_ACCOUNTS; index++) {
    const candidate = localAccount(index, chain.provider);
    if (candidate.address === account) return Promise.resolve(candidate);
  }
  const message = `No account of the development mnemonic is ${account}, which has to sign on ${chain.name}.`;
  return Promise.reject(new Error(message));
}
