import { endingSignal } from "ccip-localnet";
import type { HardhatRuntimeEnvironment } from "hardhat/types";

import { OperatorError } from "../core/errors";
import { localnetRoot, rpcUrlVariable, urlIn } from "../../config/env";
import { requireWritten } from "../cli/output";
import { consoleOutput } from "../cli/consoleOutput";
import { openSession } from "./meshSession";
import { liveChain } from "../core/chains";
import { readManifest } from "../localnet/manifest";
import { LocalResults } from "../localnet/verifications";
import { chainsOf } from "../core/mesh/mesh";

import { exportDeployments } from "../dashboard/export";
import type { DeploymentsFile } from "../core/dashboardFile";
import { serveDashboard } from "../dashboard/serve";
import { buildSite, writeSite } from "../dashboard/site";

/** Serves the dashboard of a mesh on this machine until Ctrl-C. */
export async function runDashboard(
  hre: HardhatRuntimeEnvironment,
  options: { readonly mesh: string; readonly port: number },
): Promise<void> {
  const file = await describe(hre, options.mesh);
  const served = await serveDashboard(file, {
    port: options.port,
    ...(!file.live && { verifications: new LocalResults(localnetRoot()) }),
  });
  try {
    consoleOutput.stdout(served.url);
    requireWritten();
    consoleOutput.log("The dashboard is served to this machine alone. Ctrl-C ends it.");
    await endingSignal();
  } finally {
    await served.close();
  }
}

/** Writes the dashboard of a mesh into a folder, for any static host. */
export async function exportDashboard(
  hre: HardhatRuntimeEnvironment,
  options: { readonly mesh: string; readonly folder: string },
): Promise<void> {
  const file = await describe(hre, options.mesh);
  await buildSite();
  writeSite(options.folder, file);
  consoleOutput.stdout(options.folder);
}

async function describe(hre: HardhatRuntimeEnvironment, name: string): Promise<DeploymentsFile> {
  const session = await openSession(hre, name);
  try {
    const networks = chainsOf(session.mesh).map((chain) => chain.name);
    const urls = new Map(networks.map((network) => [network, browserUrl(network)]));
    return await exportDeployments(session.mesh, urls);
  } finally {
    session.close();
  }
}

/** Returns the RPC url for browsers: on a live chain only one that is configured for them, because others contain secrets. */
function browserUrl(network: string): string {
  if (!liveChain(network)) {
    const chain = readManifest(localnetRoot())?.chains.find(({ name }) => name === network);
    if (chain) return chain.url;
  }
  const variable = `DASHBOARD_${rpcUrlVariable(network)}`;
  const { url, problem } = urlIn(variable);
  if (url) return url;
  throw new OperatorError(
    "MISSING_RPC_URL",
    problem ??
      `Browsers need an RPC url for ${network} that everyone may see: set ${variable} in .env.`,
  );
}
