import path from "node:path";

import type { HardhatRuntimeEnvironment } from "hardhat/types";

import { explorerKey, recordsOf } from "../../config/env";
import { consoleOutput } from "../cli/consoleOutput";
import { verifyContracts } from "../cli/contracts/verify";
import type { Verified } from "../cli/contracts/verify";
import { EXIT } from "../cli/failure";
import { liveChain } from "../core/chains";
import { OperatorError } from "../core/errors";
import { DeploymentStore } from "../deployments/store";
import { Compiled } from "../explorer/compiled";
import { explorerRequests } from "../explorer/verify";
import type { ExplorerRequest } from "../explorer/verify";
import { withoutSecrets } from "../files/secrets";

import { withSession } from "./withSession";

/** Options of `contracts verify`. */
export interface VerifyArguments {
  readonly mesh: string;
  readonly explorer: boolean;
  readonly json: boolean;
}

/**
 * Runs `contracts verify`: compares code with this checkout, exit code 2 on a difference, 1 when a chain was not read; what is equal
 * on Hardhat's network is then submitted to its block explorer, if that is wanted.
 */
export async function runVerify(
  hre: HardhatRuntimeEnvironment,
  { mesh, explorer, json }: VerifyArguments,
): Promise<Verified> {
  const network = hre.network.name;
  if (explorer) requireExplorer(network);
  const creationOf = (chain: string, deployment: string) =>
    new DeploymentStore(path.join(recordsOf(mesh), chain)).find(deployment);
  return withSession(
    hre,
    mesh,
    async (session) => {
      const compiled = new Compiled(hre.config.paths.artifacts);
      const verified = await verifyContracts(session, { json, compiled, creationOf });
      const { verdicts, unread } = verified;
      if (unread.size > 0) {
        process.exitCode = EXIT.failed;
      } else if (verdicts.some(({ difference }) => difference !== undefined)) {
        process.exitCode = EXIT.drift;
      } else if (explorer) {
        const here = verdicts.filter(({ chain }) => chain === network);
        const requests = explorerRequests(here, creationOf);
        const failures = await submitToExplorer(hre, requests, consoleOutput.log);
        if (failures.size > 0) process.exitCode = EXIT.failed;
      }
      return verified;
    },
    { partly: true, ...(explorer && { only: [network] }) },
  );
}

/**
 * Checks that a block explorer can be submitted to.
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
 * @returns the reasons of the submissions that failed, by address.
 */
export async function submitToExplorer(
  hre: Pick<HardhatRuntimeEnvironment, "run">,
  requests: readonly ExplorerRequest[],
  say: (text: string) => void,
): Promise<ReadonlyMap<string, string>> {
  const failures = new Map<string, string>();
  // hardhat-verify prints progress on stdout, which is for data only.
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
