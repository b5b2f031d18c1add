import type { HardhatRuntimeEnvironment } from "hardhat/types";

import { confirm } from "../cli/confirm";
import { EXIT } from "../cli/failure";
import { whenSlow } from "../cli/progress";
import { pauseTokens } from "../cli/token/pause";
import type { PauseOutcome } from "../cli/token/pause";
import type { PauseAction } from "../token/pause";

import { compileChanged } from "./compile";
import { openChains } from "./meshSession";

/** Options of `token pause` and `token unpause`. */
export interface PauseArguments {
  readonly mesh: string;
  readonly chain?: string;
  readonly all: boolean;
  readonly account?: string;
  readonly yes: boolean;
  readonly json: boolean;
}

/** Runs `token pause` or `token unpause`; exit code 1 when a chain failed. */
export async function runPause(
  hre: HardhatRuntimeEnvironment,
  action: PauseAction,
  { mesh, chain, all, yes, ...options }: PauseArguments,
): Promise<readonly PauseOutcome[]> {
  await compileChanged(hre);
  const session = await whenSlow("opening the mesh …", () => openChains(hre, mesh, { chain, all }));
  try {
    const outcomes = await pauseTokens(session, action, {
      ...options,
      confirm: (question) => confirm(question, { live: session.live, yes }),
    });
    if (outcomes.some(({ status }) => status === "failed")) process.exitCode = EXIT.failed;
    return outcomes;
  } finally {
    session.close();
  }
}
