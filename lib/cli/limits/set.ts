import { formatTokens } from "../../core/amount";
import { toJson } from "../../core/json";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";
import { parseOptionalAddress } from "../../core/input/address";
import type { OperatorContext } from "../../mesh/operator";
import { inboundLimit, laneKey, outboundLimit, sameLimit } from "../../core/mesh/limit";
import type { LaneNames } from "../../core/mesh/limit";
import { SameChainError } from "../../core/mesh/members";
import { requireChain } from "../../core/mesh/mesh";
import type { Mesh } from "../../core/mesh/mesh";
import type { LimitSetInput } from "../../core/mesh/schema";
import { withLimit } from "../../core/mesh/parse";
import { signerWith } from "../../mesh/signing";
import { readLimits } from "../../mesh/state";
import { limitText } from "../../mesh/steps/stepBuilders";
import { NonceManager } from "../../tx/nonces";
import { sendTransaction } from "../../tx/send";
import { refusedArrivals } from "../../mesh/limits/arrivals";
import type { RefusedArrival } from "../../mesh/limits/arrivals";
import { limitChanges, limitInput, meshFileLine } from "../../mesh/limits/change";
import type { LaneSite, LimitChange, WantedLimit } from "../../mesh/limits/change";

import { fillText, refillText } from "./show";

/** How a lane is given other limits, beside the mesh file. */
export interface SetLimitsOptions extends WantedLimit {
  /** Network name of the chain that tokens leave. */
  readonly from: string;
  /** Network name of the chain that they arrive at. */
  readonly to: string;
  /** Who signs; whoever may and has a key at hand unless named. */
  readonly account?: string;
  /** Narrow the receiving end though messages on their way would not fit it. */
  readonly allowDestructive: boolean;
  readonly json: boolean;
  /** Asked before the first transaction. @throws when the answer is no, or nobody can answer. */
  confirm(question: string): Promise<void>;
}

/** What became of a change of limits. */
export interface SetLimitsResult {
  readonly sent: readonly { readonly change: LimitChange; readonly hash: string }[];
  /** Not sent, because messages in flight would not fit any more. */
  readonly withheld: readonly LimitChange[];
  readonly inFlight: readonly RefusedArrival[];
}

/**
 * Sets what may leave on a lane and what may arrive: at the receiving end first when more may pass, at
 * the sending end first when less may. Sends only what changes.
 * @throws when a mesh file could not say so, nobody here may sign, or a transaction fails.
 */
export async function setLimits(
  context: OperatorContext,
  options: SetLimitsOptions,
  { stdout, log }: Output = consoleOutput,
): Promise<SetLimitsResult> {
  const { mesh } = context;
  const { json } = options;
  const account = parseOptionalAddress(options.account, { option: "--account" });
  const limit = limitInput(options);
  const site = await readSite(mesh, options.from, options.to);
  const lane = { source: site.source.name, destination: site.destination.name };
  const changes = limitChanges(mesh.config, site, limit);
  const done = (result: SetLimitsResult) => {
    const reminder = meshFileReminder(mesh, lane, limit);
    if (json) stdout(toJson(document(mesh, lane, changes, result, reminder)));
    else stdout(resultText(lane, limit, result));
    if (reminder) log(reminder.text);
    return result;
  };
  if (changes.length === 0) return done({ sent: [], withheld: [], inFlight: [] });

  // Whoever may only do half of it does nothing.
  const signers = await Promise.all(
    changes.map(({ chain, permissions, call }) =>
      signerWith(context, chain, permissions, call, account),
    ),
  );
  log(changes.map(changeText).join("\n"));
  await options.confirm(
    `Send ${changes.length} transactions that set the limits of ${laneKey(lane)} on mesh ${mesh.config.name}?`,
  );
  const deploymentStore = new NonceManager();
  const sent: { change: LimitChange; hash: string }[] = [];
  for (const [i, planned] of changes.entries()) {
    const signer = signers[i];
    if (!signer) throw new Error(`There is no signer for ${planned.chain.name}.`);
    // A call sets both directions of a pair: the other one as it is now, not as it was before the question.
    const change = limitChanges(
      mesh.config,
      await readSite(mesh, options.from, options.to),
      limit,
    ).find(({ chain, end }) => chain.name === planned.chain.name && end === planned.end);
    if (!change) continue;
    if (change.end === "inbound" && change.tightens && !options.allowDestructive) {
      const { source, destination } = site;
      const inFlight = await refusedArrivals(mesh, source, destination, change.after);
      if (inFlight.length > 0) {
        log(withheldText(change, lane, inFlight));
        return done({ sent, withheld: [change], inFlight });
      }
    }
    const label = `${change.chain.name}/pool/limits (${change.end})`;
    const receipt = await sendTransaction(
      change.chain,
      signer,
      { label, ...change.call },
      {
        ...context.sendOptions(change.chain),
        deploymentStore,
        onSent: (_, hash) => log(`sent     ${label} ${hash}`),
      },
    );
    sent.push({ change, hash: receipt.hash });
    log(`done     ${label}: ${await nowText(mesh, site, change, receipt.blockNumber)}`);
  }
  return done({ sent, withheld: [], inFlight: [] });
}

async function readSite(mesh: Mesh, from: string, to: string): Promise<LaneSite> {
  const source = requireChain(mesh, from, "--from");
  const destination = requireChain(mesh, to, "--to");
  if (source === destination) throw new SameChainError(from);
  const [sourceLimits, destinationLimits] = await Promise.all(
    [source, destination].map((chain) => readLimits(mesh, chain)),
  );
  if (!sourceLimits || !destinationLimits) throw new Error("The limits were not read.");
  return { source, destination, sourceLimits, destinationLimits };
}

function changeText({ chain, end, before, after, permissions }: LimitChange): string {
  return [
    `${chain.name}: ${end} ${limitText(before)} -> ${limitText(after)}`,
    `  by ${permissions.map(({ account, as }) => `${account} (${as})`).join(" or ")}`,
  ].join("\n");
}

/** What the chain says afterwards, and how soon the bucket lets as much pass as its capacity. */
async function nowText(
  mesh: Mesh,
  { source, destination }: LaneSite,
  { chain, end, after }: LimitChange,
  blockNumber: number,
): Promise<string> {
  const notBefore = new Map([[chain.name, blockNumber]]);
  const { remotes } = await readLimits(mesh, chain, { notBefore });
  const bucket = remotes.get((end === "outbound" ? destination : source).selector)?.[end];
  if (!bucket || !sameLimit(bucket, after)) {
    throw new Error(
      `${chain.name} took the transaction, and its ${end} limit is ${limitText(bucket)} all the same: somebody else may have changed it. Look with "limits show".`,
    );
  }
  const fill = fillText(bucket);
  // A bucket that was smaller, or disabled, starts with what it had: little or nothing.
  return `${limitText(bucket)}${fill ? `, ${fill} in the bucket, full ${refillText(bucket)}` : ""}`;
}

function withheldText(
  { chain, after }: LimitChange,
  lane: LaneNames,
  inFlight: readonly RefusedArrival[],
): string {
  return [
    `The receiving end on ${chain.name} stays as it is: with ${limitText(after)} these messages on ${laneKey(lane)} could not arrive:`,
    ...inFlight.map(
      ({ messageId, amount }) =>
        `  ${messageId}${amount === undefined ? "" : ` (${formatTokens(amount)} tokens)`}`,
    ),
    "Run it again when they have arrived, or with --allow-destructive; what does not fit then waits until the limit is raised.",
  ].join("\n");
}

function resultText(
  lane: LaneNames,
  limit: LimitSetInput,
  { sent, withheld }: SetLimitsResult,
): string {
  const wanted = typeof limit === "string" ? limit : `${limit.capacity} tokens, +${limit.rate}/s`;
  if (sent.length === 0 && withheld.length === 0) {
    return `${laneKey(lane)} is ${wanted} already: nothing to do.`;
  }
  const transactions = `${sent.length} ${sent.length === 1 ? "transaction" : "transactions"} sent`;
  return withheld.length === 0
    ? `${laneKey(lane)} is ${wanted} now: ${transactions}.`
    : `${laneKey(lane)}: ${transactions}, the receiving end is left as it was.`;
}

/** What the mesh file would have to say, unless it says so already. */
function meshFileReminder({ config }: Mesh, lane: LaneNames, limit: LimitSetInput) {
  const wanted = withLimit(config, lane, limit);
  const same =
    sameLimit(outboundLimit(config, lane), outboundLimit(wanted, lane)) &&
    sameLimit(inboundLimit(config, lane), inboundLimit(wanted, lane));
  if (same) return undefined;
  const line = meshFileLine(laneKey(lane), limit);
  const declared = limitText(outboundLimit(config, lane));
  return {
    line,
    text: [
      `The mesh file still says ${declared} for ${laneKey(lane)}: "mesh check --mesh ${config.name}" is red, and "mesh apply" would set it back, until lanes.pairs in config/meshes has`,
      `  ${line}`,
    ].join("\n"),
  };
}

function document(
  { config }: Mesh,
  lane: LaneNames,
  changes: readonly LimitChange[],
  { sent, withheld, inFlight }: SetLimitsResult,
  reminder: { readonly line: string } | undefined,
) {
  return {
    mesh: config.name,
    ...lane,
    changes: changes.map((change) => ({
      chain: change.chain.name,
      end: change.end,
      before: bucketDocument(change.before),
      after: bucketDocument(change.after),
      status: withheld.includes(change) ? "withheld" : "sent",
      hash: sent.find((item) => item.change === change)?.hash ?? null,
    })),
    inFlight: inFlight.map(({ messageId, shares, amount }) => ({
      messageId,
      shares,
      amount: amount ?? null,
    })),
    meshFile: reminder ? { upToDate: false, pairs: reminder.line } : { upToDate: true },
  };
}

function bucketDocument({ isEnabled, capacity, rate }: LimitChange["before"]) {
  return { isEnabled, capacity, rate };
}
