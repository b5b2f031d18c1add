import path from "node:path";

import type { HardhatRuntimeEnvironment } from "hardhat/types";

import { recordsOf } from "../../config/env";
import { EXIT, orFail } from "../cli/failure";
import { TERMINAL } from "../cli/voice";
import { Compiled } from "../contracts/compiled";
import { verifyContracts } from "../contracts/desk/verify";
import type { Verified } from "../contracts/desk/verify";
import { explorerRequests } from "../contracts/explorer";
import { DeploymentBook } from "../deployments/book";

import { requireExplorer, submitToExplorer } from "./explorer";
import { withSession } from "./withSession";

/** What `contracts verify` takes. */
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
): Promise<Verified | undefined> {
  const network = hre.network.name;
  let ready = !explorer;
  if (explorer) {
    await orFail(() => {
      requireExplorer(network);
      ready = true;
      return Promise.resolve();
    });
  }
  if (!ready) return undefined;
  const creationOf = (chain: string, deployment: string) =>
    new DeploymentBook(path.join(recordsOf(mesh), chain)).find(deployment);
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
        const sites = verdicts.filter(({ chain }) => chain === network);
        const requests = explorerRequests(sites, creationOf);
        const failures = await submitToExplorer(hre, requests, TERMINAL.say);
        if (failures.size > 0) process.exitCode = EXIT.failed;
      }
      return verified;
    },
    explorer ? { only: [network], partly: true } : { partly: true },
  );
}
