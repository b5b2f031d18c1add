import { endingSignal, serveLocalnet } from "ccip-localnet";
import { LOCAL_MNEMONIC } from "ccip-localnet/config";

import { localnetRoot } from "../../../config/env";
import { toJson } from "../../core/json";
import { chainsOf, requireChain } from "../../core/mesh/mesh";
import { launchMesh } from "../../localnet/launch";
import type { LaunchedMesh } from "../../localnet/launch";
import { choosePorts } from "../../localnet/ports";
import type { LaneVersions } from "../../localnet/versions";
import { consoleOutput } from "../consoleOutput";
import { requireWritten } from "../output";
import { progressOf } from "../progress";
import { formatTable } from "../text";

import { formatAccounts, readAccounts } from "./accounts";

/** Options of {@link runLocalnet}. */
export interface RunOptions extends LaneVersions {
  readonly chains: number;
  /** Port of the home chain; the default ports unless named. */
  readonly port?: number;
  readonly unwired: boolean;
  /** One JSON document on stdout: the manifest, with the contracts of every chain. */
  readonly json: boolean;
}

/** Starts a local network, prints its addresses and accounts, and serves it until Ctrl-C. */
export async function runLocalnet({ json, port, ...options }: RunOptions): Promise<void> {
  const ports = await choosePorts(port, options.chains, consoleOutput.log);
  const launched = await launchMesh(
    { ...options, port: ports.chains, directory: localnetRoot() },
    progressOf(json),
  );
  const description = json ? await describe(launched) : await formatNetwork(launched);
  await stay(launched, ports.dashboard, description);
}

/**
 * Serves a network until Ctrl-C.
 * @param dashboardPort 0 takes a free one.
 * @param description is printed first, since its reader may end the network at once.
 */
export async function stay(
  launched: LaunchedMesh,
  dashboardPort: number,
  description?: string,
): Promise<void> {
  const { log, stdout } = consoleOutput;
  const ended = endingSignal();
  try {
    if (description !== undefined) stdout(description);
    requireWritten();
  } catch (error) {
    await launched.localnet.stop();
    throw error;
  }
  const dashboard = serveDashboardOf(launched, dashboardPort, log);
  const isUp = await Promise.race([dashboard.then(() => true), ended.then(() => false)]);
  if (isUp) log("The network is up and delivers messages. Ctrl-C ends it.");
  await serveLocalnet(launched.localnet, log, ended);
  await (await dashboard)?.close();
}

/** A dashboard that cannot be built is no reason to end the network. */
async function serveDashboardOf(launched: LaunchedMesh, port: number, log: (line: string) => void) {
  try {
    const { serveBeside } = await import("../../dashboard/beside");
    const dashboard = await serveBeside(launched, port);
    log(`\nDashboard: ${dashboard.url}`);
    return dashboard;
  } catch (error) {
    log(`\nNo dashboard: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

/** Formats urls, addresses and accounts. */
export async function formatNetwork(launched: LaunchedMesh): Promise<string> {
  const { localnet, mesh } = launched;
  const rows = chainsOf(mesh).flatMap(({ name, contracts }, i) => {
    const chain = localnet.chains[i];
    return [
      [name, "rpc", `${chain?.url} (chain id ${chain?.chainId})`],
      ...Object.entries(contracts).map(([contract, address]) => [name, contract, String(address)]),
      [name, "CCIP router", chain?.ccip.router ?? ""],
      [name, "LINK", chain?.ccip.link ?? ""],
    ];
  });
  return [
    formatTable(["chain", "", ""], rows, 3),
    "",
    formatAccounts(await readAccounts(mesh), mesh.config.token.symbol),
    `The accounts are those of the development mnemonic of Hardhat and Foundry, "${LOCAL_MNEMONIC}",`,
    "which everybody knows: use it on local chains only.",
  ].join("\n");
}

async function describe({ localnet, mesh }: LaunchedMesh): Promise<string> {
  const chains = localnet.manifest.chains.map((chain) => {
    const { role, contracts } = requireChain(mesh, chain.name);
    return { ...chain, role, contracts };
  });
  return toJson({
    ...localnet.manifest,
    chains,
    accounts: await readAccounts(mesh),
  });
}
