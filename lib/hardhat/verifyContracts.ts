import path from "node:path";

import type { HardhatRuntimeEnvironment } from "hardhat/types";

import { recordsOf } from "../../config/env";
import { EXIT } from "../cli/failure";
import { consoleOutput } from "../cli/consoleOutput";
import { Compiled } from "../explorer/compiled";
import { verifyContracts } from "../cli/contracts/verify";
import type { Verified } from "../cli/contracts/verify";
import { explorerRequests } from "../explorer/verify";
import { DeploymentStore } from "../deployments/store";

import { requireExplorer, submitToExplorer } from "./explorer";
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
      const differs = verdicts.some(({ difference }) => difference !== undefined);
      if (differs || unread.size > 0) {
        process.exitCode = unread.size > 0 ? EXIT.failed : EXIT.drift;
        return verified;
      }
      if (explorer) {
        const connections = verdicts.filter(({ chain }) => chain === network);
        const requests = explorerRequests(connections, creationOf);
        const failures = await submitToExplorer(hre, requests, consoleOutput.log);
        if (failures.size > 0) process.exitCode = EXIT.failed;
      }
      return verified;
    },
    explorer ? { only: [network], partly: true } : { partly: true },
  );
}
