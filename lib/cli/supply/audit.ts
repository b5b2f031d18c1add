import type { TrackedMessage } from "../../ccip/track";
import { formatTokens } from "../../core/amount";
import { formatGrowthIndex, growthIndex } from "../../core/growth";
import { toJson } from "../../core/json";
import { chainsOf } from "../../core/mesh/mesh";
import type { Mesh } from "../../core/mesh/mesh";
import { withoutSecrets } from "../../files/secrets";
import type { OperatorContext } from "../../mesh/operator";
import { unreadDocument } from "../../mesh/unread";
import { auditOrRead, isConserved } from "../../supply/audit";
import type { IncompleteAudit, SupplyAudit } from "../../supply/audit";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";
import { formatTable, unreadLines } from "../text";

/**
 * Counts every share of the mesh, and says whether all are where they should be; or that it could not
 * be done, why, and what each chain that answered has.
 */
export async function showAudit(
  { mesh, store, unreachable }: OperatorContext,
  { json, raw = false }: { readonly json: boolean; readonly raw?: boolean },
  { stdout, log }: Output = consoleOutput,
): Promise<SupplyAudit | IncompleteAudit> {
  if (store) log("reading every message since deployment; what was read before is kept");
  const audit = await auditOrRead(mesh, { store }, unreachable);
  const { name } = mesh.config;
  if (isIncomplete(audit)) {
    stdout(json ? toJson(incompleteDocument(name, audit)) : incompleteText(mesh, audit, raw));
    for (const line of unreadLines(audit.unread)) log(line);
    return audit;
  }
  stdout(json ? toJson(document(name, audit)) : text(name, audit, raw));
  return audit;
}

/** Returns whether the shares could not be counted. */
export function isIncomplete(audit: SupplyAudit | IncompleteAudit): audit is IncompleteAudit {
  return "reason" in audit;
}

/** The document of an audit with null for everything that takes all chains to tell. */
function incompleteDocument(mesh: string, { reason, chains, unread }: IncompleteAudit) {
  const { issuedShares = null, sharesPerToken } = chains.find(({ role }) => role === "home") ?? {};
  return {
    mesh,
    conserved: null,
    reason: withoutSecrets(reason),
    unread: unreadDocument(unread),
    issuedShares,
    sharesPerToken: sharesPerToken ?? null,
    growthIndex: sharesPerToken === undefined ? null : growthIndex(sharesPerToken),
    sharesInFlight: null,
    sharesEarly: null,
    difference: null,
    chains: chains.map(({ chain, role, blockNumber, timestamp, totalShares }) => ({
      chain,
      role,
      blockNumber,
      timestamp,
      totalShares,
      sentShares: null,
      arrivedShares: null,
      expectedShares: null,
    })),
    inFlight: null,
    early: null,
    undecodable: null,
    unreadable: null,
    checks: null,
  };
}

function incompleteText(mesh: Mesh, { reason, chains }: IncompleteAudit, raw: boolean): string {
  const home = chains.find(({ role }) => role === "home");
  const index = home?.sharesPerToken;
  const row = (what: string, shares?: bigint, block = "") =>
    shares === undefined ? [what, block, "not read", ""] : rowOf(what, block, shares, index);
  return [
    `mesh ${mesh.config.name}: what the chains that answered have${index ? `, with tokens at home's ${indexText(index, raw)}` : ""}`,
    formatTable(COLUMNS, [
      ...chainsOf(mesh).map(({ name }) => {
        const found = chains.find(({ chain }) => chain === name);
        return row(name, found?.totalShares, found?.blockNumber.toString());
      }),
      ["in flight", "", "not counted", ""],
      row("issued", home?.issuedShares),
      ["difference", "", "not known", ""],
    ]),
    "",
    withoutSecrets(reason),
  ].join("\n");
}

const COLUMNS = ["", "block", "shares", "tokens"];

function rowOf(what: string, block: string, shares: bigint, index: bigint | undefined): string[] {
  return [what, block, shares.toString(), index ? formatTokens(shares / index) : ""];
}

function document(mesh: string, audit: SupplyAudit) {
  const { chains, lanes, inFlight, early, undecodable, unreadable, checks, ...sums } = audit;
  const message = messageDocument(audit);
  return {
    mesh,
    conserved: isConserved(audit),
    ...sums,
    growthIndex: growthIndex(audit.sharesPerToken),
    chains,
    ...(lanes.length > 0 && { lanes }),
    inFlight: inFlight.map(message),
    early: early.map(message),
    undecodable: undecodable.map((item) => ({
      ...message(item),
      poolData: item.message.tokens.map(({ extraData }) => extraData),
    })),
    unreadable,
    checks,
  };
}

function messageDocument({ sharesPerToken }: SupplyAudit) {
  return ({ message, source, destination, shares, state }: TrackedMessage) => ({
    messageId: message.messageId,
    source,
    destination,
    shares,
    /** Token units at home's index; undefined when the shares are unknown. */
    tokens: shares === undefined ? undefined : shares / sharesPerToken,
    state: state ?? "unknown",
    sender: message.sender,
    receiver: message.receiver,
    transactionHash: message.transactionHash,
  });
}

function text(mesh: string, audit: SupplyAudit, raw: boolean): string {
  const { sharesPerToken: index, chains, inFlight, early, checks } = audit;
  const row = (what: string, shares: bigint, block = "") => rowOf(what, block, shares, index);
  const failed = checks.filter(({ holds }) => !holds);
  return [
    `mesh ${mesh}: where the shares are, with tokens at home's ${indexText(index, raw)}`,
    formatTable(COLUMNS, [
      ...chains.flatMap(({ chain, blockNumber, totalShares, wrapped }) => [
        row(chain, totalShares, blockNumber.toString()),
        ...(wrapped ? [row("  of it wrapped", wrapped.shares)] : []),
        ...(wrapped?.otherShares ? [row("  else in the wrapper", wrapped.otherShares)] : []),
        ...(wrapped?.bridgeShares ? [row("  on the bridge", wrapped.bridgeShares)] : []),
      ]),
      row(`in flight (${inFlight.length})`, audit.sharesInFlight),
      ...(early.length > 0 ? [row(`on two chains (${early.length})`, -audit.sharesEarly)] : []),
      row("issued", audit.issuedShares),
      row("difference", audit.difference),
      ...audit.lanes.map(({ chain, mayReturn }) => row(`may come home from ${chain}`, mayReturn)),
    ]),
    ...messagesText("In flight:", inFlight, index),
    ...messagesText(
      "Sent after the block of the source and executed by the block of the destination:",
      early,
      index,
    ),
    ...messagesText("Nobody can account for these:", audit.undecodable, index),
    ...listed(
      "Sent by a pool of the token, and no message that can be read:",
      audit.unreadable.map(
        ({ source, transactionHash, reason }) => `${transactionHash} on ${source}: ${reason}`,
      ),
    ),
    "",
    ...(failed.length === 0
      ? [
          "Conserved: every share is on a chain or in flight, on each chain as its messages account for.",
        ]
      : [
          `Not conserved: ${failed.length} of ${checks.length} checks failed.`,
          ...failed.map(
            ({ check, chain, finding }) => `  ${check}${chain ? ` of ${chain}` : ""}: ${finding}`,
          ),
          "Find out what sent or minted it, and pause the token meanwhile.",
        ]),
  ].join("\n");
}

function indexText(sharesPerToken: bigint, raw: boolean): string {
  const divisor = raw ? ` (divisor ${sharesPerToken})` : "";
  return `growth index of ${formatGrowthIndex(sharesPerToken)}${divisor}`;
}

function messagesText(
  heading: string,
  messages: readonly TrackedMessage[],
  sharesPerToken: bigint,
): string[] {
  const lines = messages.map(({ message, source, destination, shares, state = "unknown" }) => {
    const value =
      shares === undefined
        ? `pool data ${message.tokens.map(({ extraData }) => extraData).join(", ")}`
        : `${shares} shares, ${formatTokens(shares / sharesPerToken)} tokens`;
    return `${message.messageId}  ${source} -> ${destination}  ${state}  ${value}`;
  });
  return listed(heading, lines);
}

function listed(heading: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", heading, ...lines.map((line) => `  ${line}`)];
}
