import { spawn } from "node:child_process";
import { once } from "node:events";

import type { HardhatRuntimeEnvironment } from "hardhat/types";

import { confirm } from "../cli/confirm";
import { EXIT } from "../cli/failure";
import { applyPlan } from "../cli/mesh/apply";
import type { ApplyTaskOptions } from "../cli/mesh/apply";
import { OperatorError } from "../core/errors";
import { deployProcess } from "../localnet/contracts";
import type { ApplyResult } from "../mesh/apply";
import type { Part } from "../mesh/selection";

import { compileChanged } from "./compile";
import { withSession } from "./withSession";

/** Options of deploying a newer contract and applying it. */
interface DeployAndApplyOptions extends Omit<ApplyTaskOptions, "confirm" | "only"> {
  readonly mesh: string;
  readonly yes: boolean;
  /** Network names of the chains that it is deployed on. */
  readonly networks: readonly string[];
  /** The arguments of `deploy --replace`. */
  readonly deploy: readonly string[];
  /** The part of the plan that puts it in use. */
  readonly only: Part;
}

/**
 * Deploys a newer contract with the deploy scripts, one Hardhat process per network, then applies the part of the plan
 * that puts it in use. Both halves can be repeated: recorded contracts are not deployed again, and steps that are done
 * are not sent again.
 * @throws when a deployment fails; nothing is applied then.
 */
export async function deployAndApply(
  hre: HardhatRuntimeEnvironment,
  { mesh, yes, networks, deploy, ...options }: DeployAndApplyOptions,
): Promise<ApplyResult> {
  await compileChanged(hre);
  for (const network of networks) {
    const args = ["--mesh", mesh, "--replace", ...deploy, ...(yes ? ["--yes"] : [])];
    await deployOn(network, args);
  }
  const result = await withSession(hre, mesh, (session) =>
    applyPlan(session, {
      ...options,
      confirm: (question) => confirm(question, { live: session.live, yes }),
    }),
  );
  if (result.open.length > 0) process.exitCode = EXIT.drift;
  return result;
}

/** Runs `deploy` on a network; what it prints goes to stderr. @throws when it fails. */
async function deployOn(network: string, args: readonly string[]): Promise<void> {
  const { args: command, cwd, env } = deployProcess(network, args);
  const child = spawn(process.execPath, command, { cwd, env, stdio: ["inherit", 2, 2] });
  const [code] = (await once(child, "close")) as [number | null];
  if (code === 0) return;
  throw new OperatorError(
    "NOT_DEPLOYED",
    `Nothing was applied: the deployment on ${network} failed, for the reason above.`,
  );
}
