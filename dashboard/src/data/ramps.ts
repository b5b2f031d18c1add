import type { Provider } from "ethers";
import { z } from "zod";
import { readRampVersion } from "ccip-localnet/protocol";
import type { CcipVersion } from "ccip-localnet/protocol";

import { hex } from "../deployments";
import type { DeployedChain } from "../deployments";
import { clientOf } from "./client";

/** By chain and address: a ramp is of the same version for ever. */
const versions = new Map<string, CcipVersion | undefined>();

/** Returns the version of CCIP that a ramp of a chain is of; undefined when it is another than those known here. */
export async function rampVersionOf(
  chain: DeployedChain,
  ramp: string,
): Promise<CcipVersion | undefined> {
  const key = `${chain.rpcUrl} ${chain.chainId} ${ramp}`;
  if (!versions.has(key)) versions.set(key, await readRampVersion(callerOf(chain), ramp));
  return versions.get(key);
}

/** The part of an ethers provider that `lib/ccip` reads contracts with. */
function callerOf(chain: DeployedChain): Pick<Provider, "call"> {
  return {
    call: async ({ to, data }) => {
      const answer = await clientOf(chain).call({
        to: hex(z.string().parse(to)),
        data: hex(data ?? "0x"),
      });
      return answer.data ?? "0x";
    },
  };
}
