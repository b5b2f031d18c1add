import type { HardhatRuntimeEnvironment } from "hardhat/types";

import { OperatorError } from "../core/errors";
import { localnetRoot, recordsOf, urlIn } from "../../config/env";
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

/** The variable with the RPC url that browsers use; unlike RPC_URL_… everyone can read it. */
function publicUrlVariable(network: string): string {
  return `DASHBOARD_RPC_URL_${network.toUpperCase().replaceAll("-", "_")}`;
}

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
    await new Promise<void>((resolve) => {
      for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, resolve);
    });
  } finally {
    await served.close();
  }
}

/** Writes the dashboard of a mesh into a folder, for any host of static files. */
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
    return await exportDeployments(session.mesh, {
      deployments: recordsOf(name),
      rpcUrls: new Map(networks.map((network) => [network, browserUrl(network)])),
    });
  } finally {
    session.close();
  }
}

/** An RPC url of a live chain often carries a secret: only one that is named for browsers is shown. */
function browserUrl(network: string): string {
  if (!liveChain(network)) {
    const chain = readManifest(localnetRoot())?.chains.find(({ name }) => name === network);
    if (chain) return chain.url;
  }
  const { url, problem } = urlIn(publicUrlVariable(network));
  if (url) return url;
  throw new OperatorError(
    "MISSING_RPC_URL",
    problem ??
      `Browsers need an RPC url for ${network} that everyone may see: set ${publicUrlVariable(network)} in .env.`,
  );
}
