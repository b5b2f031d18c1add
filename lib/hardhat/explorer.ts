import type { HardhatRuntimeEnvironment } from "hardhat/types";

import { OperatorError } from "../core/errors";
import { explorerKey } from "../../config/env";
import { liveChain } from "../core/chains";
import { withoutSecrets } from "../files/secrets";
import type { ExplorerRequest } from "../explorer/verify";

/**
 * Makes sure that there is a block explorer to submit to.
 * @throws when the network is a local one, or no key is set.
 */
export function requireExplorer(network: string): void {
  if (!liveChain(network)) {
    throw new OperatorError(
      "INVALID_OPTION",
      `No block explorer knows ${network === "hardhat" ? "a local network" : network}: name a live one, for example --explorer --network op-sepolia.`,
    );
  }
  if (explorerKey() === "") {
    throw new OperatorError(
      "MISSING_SETTING",
      "The block explorer asks for a key: set ETHERSCAN_API_KEY in .env (one of etherscan.io serves every chain).",
    );
  }
}

/**
 * Submits contracts to the block explorer of the network that Hardhat runs on, one after the other.
 * @returns why each of those failed that did, by address.
 */
export async function submitToExplorer(
  hre: Pick<HardhatRuntimeEnvironment, "run">,
  requests: readonly ExplorerRequest[],
  say: (text: string) => void,
): Promise<ReadonlyMap<string, string>> {
  const failures = new Map<string, string>();
  // hardhat-verify talks on stdout, where nothing but data belongs.
  const { log } = console;
  console.log = (...args: unknown[]) => say(args.map(String).join(" "));
  try {
    for (const request of requests) {
      try {
        await hre.run("verify:verify", { ...request });
      } catch (error) {
        const reason = withoutSecrets(error instanceof Error ? error.message : String(error));
        failures.set(request.address, reason);
        say(`failed   ${request.contract} at ${request.address}: ${reason}`);
      }
    }
  } finally {
    console.log = log;
  }
  return failures;
}
