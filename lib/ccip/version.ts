import { Interface } from "ethers";
import type { Provider } from "ethers";
import { z } from "zod";

import { readOne } from "./abi";
import { CCIP_VERSIONS } from "./releases";
import type { CcipVersion } from "./releases";

const typed = new Interface(["function typeAndVersion() view returns (string)"]);

/**
 * The version of CCIP that a ramp is of, as it says itself.
 * @returns undefined when it says another one.
 */
export async function readRampVersion(
  provider: Pick<Provider, "call">,
  address: string,
): Promise<CcipVersion | undefined> {
  const contract = { address, interface: typed };
  const said = await readOne(provider, contract, "typeAndVersion", [], z.string());
  const [, version] = /^(?:OnRamp|OffRamp) (\d+\.\d+)\.\d+$/.exec(said) ?? [];
  return CCIP_VERSIONS.find((known) => known === version);
}
