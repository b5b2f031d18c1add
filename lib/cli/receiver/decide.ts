import { formatGrowthIndex } from "../../core/growth";
import { toJson } from "../../core/json";
import type { SatelliteChain } from "../../core/mesh/mesh";
import { command } from "../../core/recovery";
import type { ApplyResult } from "../../mesh/apply";
import { quarantineText } from "../../mesh/components/circuitBreaker";
import { proposeThroughTimelocks } from "../../mesh/components/timelock/proposals";
import type { OperatorContext } from "../../mesh/operator";
import type { MeshPlan } from "../../mesh/read";
import { readEach } from "../../mesh/state";
import type { SatelliteState } from "../../mesh/state";
import type { Step } from "../../mesh/step";
import { quarantineStep, readReceiver, requireHeld } from "../../rebase/quarantine";
import type { QuarantineDecision } from "../../rebase/quarantine";
import { resyncStep } from "../../rebase/resync";
import { readEachStatus } from "../../rebase/status";
import { atLeast } from "../../rpc/pinned";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";
import { resultDocument, waitingLines } from "../mesh/apply";
import { workOffDecision } from "../mesh/decision";
import type { DecisionOptions } from "../mesh/decision";
import { counted } from "../text";

/** Options of {@link decideQuarantine}. */
export interface QuarantineOptions extends DecisionOptions {
  readonly chain: SatelliteChain;
  readonly decision: QuarantineDecision["decision"];
  /** The epoch that is meant; whatever is held back unless given. */
  readonly epoch?: bigint | undefined;
  /** The account that signs; operations (or the guardian) of the mesh file by default. */
  readonly account?: string | undefined;
}

const EFFECTS: Readonly<Record<QuarantineDecision["decision"], string>> = {
  accept:
    "Accepted, it becomes the index of this satellite, and later broadcasts are measured from it.",
  reject:
    "Rejected, it does not come back by itself; a newer broadcast inside of the band goes on.",
};

/**
 * Accepts or rejects the broadcast that a satellite holds back: as operations or the guardian, and where only the owner
 * of the receiver may, by a proposal to the timelock that owns it. Run again, it resumes.
 * @throws OperatorError when nothing is held back, another epoch is, or the account may not.
 */
export async function decideQuarantine(
  context: OperatorContext,
  { chain, decision, epoch, account, ...options }: QuarantineOptions,
  output: Output = consoleOutput,
): Promise<ApplyResult> {
  const now = await readReceiver(chain);
  if (decision === "accept" && epoch !== undefined && now.epoch === epoch) {
    const result = { sent: 0, open: [] };
    const { name } = context.mesh.config;
    const document = { ...resultDocument(name, result), chain: chain.name };
    const text = `${chain.name} is at epoch ${epoch} already: nothing to do.`;
    output.stdout(options.json ? toJson(document) : text);
    return result;
  }
  const held = requireHeld(now, epoch);
  output.log(
    `${chain.name} holds back ${quarantineText(held)}; in force is ${formatGrowthIndex(now.sharesPerToken)}. ${EFFECTS[decision]}`,
  );
  const chosen = { decision, held, account };
  return workOffStep(
    context,
    now,
    `${decision === "accept" ? "Accept" : "Reject"} epoch ${held.epoch} on ${chain.name}?`,
    (state) => quarantineStep(context, chain, state, chosen),
    options,
    output,
    `epoch ${held.epoch} is ${decision}ed`,
  );
}

/** Options of {@link resyncReceiver}. */
export interface ResyncOptions extends DecisionOptions {
  readonly chain: SatelliteChain;
  /** Begin a new generation although the satellite has home's index: what was sent before is dropped. */
  readonly again: boolean;
}

/**
 * Replaces the index of a satellite by that of home and begins a new generation, for a home or a lane that was taken
 * over: as the admin of the token, by a proposal to its timelock. Run again, it resumes.
 */
export async function resyncReceiver(
  context: OperatorContext,
  { chain, again, ...options }: ResyncOptions,
  output: Output = consoleOutput,
): Promise<ApplyResult> {
  const { mesh } = context;
  const status = await readEachStatus({ ...mesh, satellites: [chain] });
  const [error] = status.unread.values();
  if (error) throw error;
  const [satellite] = status.satellites;
  const { syncStatus, generation = 0n, quarantined } = satellite ?? {};
  const isPointless = syncStatus === "synced" && generation > 0n && !quarantined;
  if (isPointless && !again) {
    const document = { ...resultDocument(mesh.config.name, { sent: 0, open: [] }), generation };
    const text = `${chain.name} has the index of home in generation ${generation}: nothing to do. --again begins another generation, which drops what was sent before.`;
    output.stdout(options.json ? toJson(document) : text);
    return { sent: 0, open: [] };
  }
  const { name } = mesh.config;
  return workOffStep(
    context,
    { chain, blockNumber: satellite?.blockNumber ?? 0 },
    `Replace the index of ${chain.name} by that of home, and begin generation ${generation + 1n}?`,
    (state) => resyncStep(mesh, chain, state, { generation: generation + 1n }),
    options,
    output,
    `${chain.name} is in generation ${generation + 1n}. If home has rebased since: "${command("rebase broadcast", { to: chain.name, mesh: name })}"`,
  );
}

/**
 * Works off the one step of a decision about a satellite, proposed to its timelock where that has to act.
 * @param at the satellite and the block at which the decision was seen to be due.
 */
async function workOffStep(
  context: OperatorContext,
  at: { readonly chain: SatelliteChain; readonly blockNumber: number },
  question: string,
  stepOf: (now: SatelliteState) => Promise<Step>,
  options: DecisionOptions,
  output: Output,
  done: string,
): Promise<ApplyResult> {
  const { store, unreachable } = context;
  const { chain, blockNumber } = at;
  // Home may be what is in doubt: a satellite decides by its own timelock, whoever governs it otherwise.
  const config = { ...context.mesh.config, governance: "local" as const };
  const mesh = { ...context.mesh, config, satellites: [chain] };
  const read = async (notBefore?: ReadonlyMap<string, number>): Promise<MeshPlan> => {
    const since = atLeast(notBefore, chain.name, blockNumber);
    const { chains: state, unread } = await readEach(
      mesh,
      { store, notBefore: since },
      unreachable,
    );
    const now = state.get(chain.name);
    if (now?.role !== "satellite")
      throw unread.get(chain.name) ?? new Error(`${chain.name} was not read.`);
    const steps = await proposeThroughTimelocks(mesh, state, [await stepOf(now)]);
    return { state, steps, inFlight: new Map() };
  };
  const { exported, ...result } = await workOffDecision(
    context,
    { mesh, question, read },
    options,
    output,
  );
  if (exported) return result;
  const { name } = mesh.config;
  const document = { ...resultDocument(name, result), chain: chain.name };
  output.stdout(options.json ? toJson(document) : resultText(name, done, result));
  return result;
}

function resultText(name: string, done: string, { sent, open }: ApplyResult): string {
  const transactions = `mesh ${name}: ${counted(sent, "transaction")} sent`;
  if (open.length === 0) return `${transactions}; ${done}.`;
  return [
    `${transactions}. Run the same command again when what it waits for has come:`,
    ...waitingLines(open).map((line) => `  ${line}`),
    "What others have to sign is written by --out <folder>, for Safe's Transaction Builder.",
  ].join("\n");
}
