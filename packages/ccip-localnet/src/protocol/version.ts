import { Interface } from "ethers";
import type { Provider } from "ethers";
import { z } from "zod";

import { readOne } from "./abi";
import { CCIP_VERSIONS } from "./releases";
import type { CcipVersion } from "./releases";

/**
 * A version as somebody writes it.
 * @throws naming the versions there are.
 */
export function parseCcipVersion(text: string): CcipVersion {
  const version = CCIP_VERSIONS.find((known) => known === text);
  if (version) return version;
  throw new Error(
    `"${text}" is not a version of CCIP that runs here: write ${CCIP_VERSIONS.join(" or ")}.`,
  );
}

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
