import { endingSignal, serveLocalnet } from "ccip-localnet";

import { localnetRoot } from "../../../config/env";
import { toJson } from "../../core/json";
import { NO_PROGRESS, createProgress } from "../progress";
import { requireWritten } from "../output";
import { formatTable } from "../table";
import { consoleOutput } from "../consoleOutput";
import { chainsOf } from "../../core/mesh/mesh";

import { launchMesh } from "../../localnet/launch";
import type { LaunchedMesh } from "../../localnet/launch";
import type { LaneVersions } from "../../localnet/versions";

/** How a local network is run from the command line. */
export interface RunOptions extends LaneVersions {
  readonly chains: number;
  readonly unwired: boolean;
  /** One JSON document on stdout: the manifest, with the contracts of every chain. */
  readonly json: boolean;
}

/** Starts a local network, says where it is, and serves it until Ctrl-C. */
export async function runLocalnet({ json, ...options }: RunOptions): Promise<void> {
  const progress = json ? NO_PROGRESS : createProgress();
  const launched = await launchMesh({ ...options, directory: localnetRoot() }, progress);
  await stay(launched, json ? toJson(describe(launched)) : formatAddresses(launched));
}

/**
 * Serves a network until Ctrl-C.
 * @param description is printed first, where it is still to be told: whoever reads it may end the network at once.
 */
export async function stay(launched: LaunchedMesh, description?: string): Promise<void> {
  const { log, stdout } = consoleOutput;
  const ended = endingSignal();
  try {
    if (description !== undefined) stdout(description);
    requireWritten();
  } catch (error) {
    await launched.localnet.stop();
    throw error;
  }
  const dashboard = serveDashboardOf(launched, log);
  const isUp = await Promise.race([dashboard.then(() => true), ended.then(() => false)]);
  if (isUp) log("The network is up and delivers messages. Ctrl-C ends it.");
  await serveLocalnet(launched.localnet, log, ended);
  await (await dashboard)?.close();
}

/** A dashboard that cannot be built is no reason to end the network. */
async function serveDashboardOf(launched: LaunchedMesh, log: (line: string) => void) {
  try {
    const { serveBeside } = await import("../../dashboard/beside");
    const dashboard = await serveBeside(launched);
    log(`\nDashboard: ${dashboard.url}`);
    return dashboard;
  } catch (error) {
    log(`\nNo dashboard: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

/** Urls and addresses, a line each. */
export function formatAddresses({ localnet, mesh }: LaunchedMesh): string {
  const rows = chainsOf(mesh).flatMap(({ name, contracts }, i) => {
    const chain = localnet.chains[i];
    return [
      [name, "rpc", `${chain?.url} (chain id ${chain?.chainId})`],
      ...Object.entries(contracts).map(([contract, address]) => [name, contract, String(address)]),
      [name, "CCIP router", chain?.ccip.router ?? ""],
      [name, "LINK", chain?.ccip.link ?? ""],
    ];
  });
  return formatTable(["chain", "", ""], rows, 3);
}

function describe({ localnet, mesh }: LaunchedMesh) {
  const contracts = new Map(chainsOf(mesh).map((chain) => [chain.name, chain.contracts]));
  return {
    ...localnet.manifest,
    chains: localnet.manifest.chains.map((chain, i) => ({
      ...chain,
      role: i === 0 ? "home" : "satellite",
      contracts: contracts.get(chain.name),
    })),
  };
}
