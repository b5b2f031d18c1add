import { localnetRoot } from "../../config/env";
import { EXIT } from "../cli/failure";
import { toJson } from "../core/json";
import { progressOf } from "../cli/progress";
import type { Progress } from "../core/progress";
import { formatTable } from "../cli/text";
import { consoleOutput } from "../cli/consoleOutput";
import { launchMesh } from "../localnet/launch";
import type { LaunchedMesh } from "../localnet/launch";
import { choosePorts } from "../localnet/ports";
import { formatNetwork, stay as stayUp } from "../cli/localnet/start";
import type { LaneVersions } from "../localnet/versions";

import { formatLedger } from "./ledger";
import type { LedgerLine } from "./ledger";
import { reportDemo } from "./report";
import type { DemoReport } from "./report";
import { runScenario } from "./scenario";

/** Options of {@link runDemo}. */
export interface DemoOptions extends LaneVersions {
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
export async function runDemo({ json, stay, port, ...options }: DemoOptions): Promise<void> {
  const startedAt = Date.now();
  const progress = progressOf(json);
  const requested = stay ? port : (port ?? 0);
  const ports = await choosePorts(requested, options.chains, consoleOutput.log);
  const launched = await launchMesh(
    { ...options, port: ports.chains, directory: localnetRoot() },
    progress,
  );
  try {
    const { report, lines } = await runAndReport(launched, progress, startedAt);
    if (!report.ok) process.exitCode = EXIT.failed;
    consoleOutput.stdout(json ? toJson(report) : formatReport(report, lines));
    if (stay && report.ok) {
      await stayUp(launched, ports.dashboard, json ? undefined : await formatNetwork(launched));
    }
  } finally {
    await launched.localnet.stop();
  }
}

async function runAndReport(
  { localnet, mesh }: LaunchedMesh,
  progress: Progress,
  startedAt: number,
): Promise<{ report: DemoReport; lines: readonly LedgerLine[] }> {
  const gas = new Map<string, bigint>();
  const lines: LedgerLine[] = [];
  let reason: string | undefined;
  try {
    await runScenario({ ...localnet, mesh, progress, gas, lines });
  } catch (error) {
    reason = error instanceof Error ? error.message : String(error);
  }
  const seconds = (Date.now() - startedAt) / 1_000;
  return { report: await reportDemo(mesh, { lines, gas }, seconds, reason), lines };
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
