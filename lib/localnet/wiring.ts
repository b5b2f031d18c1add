import type { Signer } from "ethers";
import { localAccount, mineAt, now } from "ccip-localnet";
import type { LocalCcip } from "ccip-localnet";
import { LOCAL_FUNDED_ACCOUNTS } from "ccip-localnet/config";
import type { CcipChain } from "ccip-localnet/protocol";

import { applyMesh } from "../mesh/apply";
import type { ApplyResult } from "../mesh/apply";
import type { Mesh, MeshChain } from "../core/mesh/mesh";
import type { Step } from "../mesh/step";

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
    whileWaiting: async (steps) => {
      const times = steps.flatMap(({ status }) =>
        status.kind === "waiting" && status.until !== undefined ? [Number(status.until)] : [],
      );
      // What nothing is on its way for will not come by itself.
      if (times.length < steps.length) return (await ccip.deliver()).length > 0;
      const until = Math.max(...times);
      if (until > (await now(chains))) await mineAt(chains, until);
      return true;
    },
  });
}

/** The signer of an account of the development mnemonic on a chain. */
export function signerFor(chain: MeshChain, account: string): Promise<Signer> {
  for (let index = 0; index < LOCAL_FUNDED_ACCOUNTS; index++) {
    const candidate = localAccount(index, chain.provider);
    if (candidate.address === account) return Promise.resolve(candidate);
  }
  return Promise.reject(
    new Error(
      `${account} is not one of the first ${LOCAL_FUNDED_ACCOUNTS} accounts of the development ` +
        `mnemonic, so nothing can be signed for it on ${chain.name}.`,
    ),
  );
}
