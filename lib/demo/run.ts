import { writeFileSync } from "node:fs";
import path from "node:path";

import { localnetRoot, recordsOf } from "../../config/env";
import { RebaseTokenNext__factory } from "../../typechain-types";
import { EXIT } from "../cli/failure";
import { toJson } from "../core/json";
import { progressOf } from "../cli/progress";
import type { Progress } from "../core/progress";
import { formatTable } from "../cli/text";
import { consoleOutput } from "../cli/consoleOutput";
import { IMPLEMENTATION } from "../deployments/implementation";
import { DeploymentStore } from "../deployments/store";
import { meshOf } from "../localnet/contracts";
import { launchMesh } from "../localnet/launch";
import type { LaunchedMesh } from "../localnet/launch";
import type { Localnet } from "../localnet/localnet";
import { choosePorts } from "../localnet/ports";
import { formatNetwork, stay as stayUp } from "../cli/localnet/start";
import type { LaneVersions } from "../localnet/versions";

import { formatLedger } from "./ledger";
import type { LedgerLine } from "./ledger";
import { reportDemo } from "./report";
import type { DemoReport } from "./report";
import { runChapter } from "./chapters";
import type { Chapter } from "./chapters";
import type { DefiFindings } from "./defi/chapter";

/** Options of {@link runDemo}. */
export interface DemoOptions extends LaneVersions {
  readonly chapter: Chapter;
  /** Number of chains, the home included; at least three. */
  readonly chains: number;
  /** Port of the home chain; the default ports unless named, free ones where the network does not stay. */
  readonly port?: number;
  /** One JSON document on stdout, nothing else. */
  readonly json: boolean;
  /** Serve the network after the story. */
  readonly stay: boolean;
}

/**
 * Starts a local network, deploys, wires, runs the scenario and ends it, or serves it with `stay`.
 * Sets the exit code: 0 when everything held, 1 otherwise.
 */
export async function runDemo({
  chapter,
  json,
  stay,
  port,
  ...options
}: DemoOptions): Promise<void> {
  const startedAt = Date.now();
  const progress = progressOf(json);
  const requested = stay ? port : (port ?? 0);
  const ports = await choosePorts(requested, options.chains, consoleOutput.log);
  const launched = await launchMesh(
    { ...options, port: ports.chains, directory: localnetRoot() },
    progress,
  );
  try {
    const { report, lines } = await runAndReport(launched, chapter, progress, startedAt);
    if (!report.ok) process.exitCode = EXIT.failed;
    consoleOutput.stdout(json ? toJson(report) : formatReport(report, lines));
    if (stay && report.ok) {
      recordUpgrades(launched.localnet, report);
      const now = { ...launched, mesh: meshOf(launched.localnet) };
      await stayUp(now, ports.dashboard, json ? undefined : await formatNetwork(now));
    }
  } finally {
    await launched.localnet.stop();
  }
}

async function runAndReport(
  { localnet, mesh }: LaunchedMesh,
  chapter: Chapter,
  progress: Progress,
  startedAt: number,
): Promise<{ report: DemoReport; lines: readonly LedgerLine[] }> {
  const gas = new Map<string, bigint>();
  const lines: LedgerLine[] = [];
  let reason: string | undefined;
  let defi: DefiFindings | undefined;
  try {
    defi = await runChapter(chapter, { ...localnet, mesh, progress, gas, lines });
  } catch (error) {
    reason = error instanceof Error ? error.message : String(error);
  }
  const seconds = (Date.now() - startedAt) / 1_000;
  const report = await reportDemo(mesh, { lines, gas }, seconds, reason);
  return { report: { ...report, ...(defi && { defi }) }, lines };
}

/** Writes down the implementations that the satellites run since the story, for what checks the network afterwards. */
function recordUpgrades({ directory }: Localnet, { defi }: DemoReport): void {
  const { abi } = RebaseTokenNext__factory;
  for (const { chain, implementation: address } of defi?.proposals ?? []) {
    const store = new DeploymentStore(path.join(recordsOf("local", directory), chain));
    writeFileSync(store.fileOf(IMPLEMENTATION), JSON.stringify({ address, abi }));
  }
}

function formatReport(report: DemoReport, lines: readonly LedgerLine[]): string {
  const gas = Object.entries(report.gas).map(([kind, used]) => [kind, used.toLocaleString("en")]);
  const verdict = report.ok
    ? `Everything held: ${report.messages.length} messages, every share accounted for, one index on ` +
      `${report.chains.length} chains, ${report.seconds.toFixed(1)} s.`
    : `Something did not hold: ${report.reason ?? "see the table"}.`;
  return [
    "",
    "Supply of each chain and in flight, in tokens:",
    formatLedger(lines),
    "",
    "Gas, the highest of each kind:",
    formatTable(["transaction", "gas"], gas),
    "",
    verdict,
  ].join("\n");
}
