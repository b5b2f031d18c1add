import { JsonRpcProvider, Network, makeError } from "ethers";
import type { JsonRpcResult } from "ethers";

/** A provider in the place of an endpoint that does not answer: every request fails. */
export class AbsentProvider extends JsonRpcProvider {
  constructor(
    private readonly chain: string,
    chainId: bigint,
  ) {
    super(undefined, new Network(chain, chainId), { staticNetwork: true });
  }

  override _send(): Promise<JsonRpcResult[]> {
    const error: Error = makeError(`${this.chain} does not answer`, "NETWORK_ERROR", {
      event: "absent",
    });
    return Promise.reject(error);
  }
}
