import { formatTokens } from "../../core/amount";
import { formatGrowthIndex, growthIndex } from "../../core/growth";
import { toJson } from "../../core/json";
import { withoutSecrets } from "../../files/secrets";
import { formatTable } from "../table";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";
import type { OperatorContext } from "../../mesh/operator";
import { unreadLines } from "../mesh/text";
import { chainsOf } from "../../core/mesh/mesh";
import type { Mesh } from "../../core/mesh/mesh";
import { unreadDocument } from "../../mesh/unread";
import { auditOrRead, isConserved } from "../../supply/audit";
import type { SupplyAudit, IncompleteAudit } from "../../supply/audit";
import type { TrackedMessage } from "../../ccip/track";

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
  const home = chains.find(({ role }) => role === "home");
  return {
    mesh,
    conserved: null,
    reason: withoutSecrets(reason),
    unread: unreadDocument(unread),
    issuedShares: home?.issuedShares ?? null,
    sharesPerToken: home?.sharesPerToken ?? null,
    growthIndex: home?.sharesPerToken === undefined ? null : growthIndex(home.sharesPerToken),
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
  const row = (what: string, shares?: bigint, block = "") => [
    what,
    block,
    shares === undefined ? "not read" : shares.toString(),
    shares === undefined || !index ? "" : formatTokens(shares / index),
  ];
  return [
    `mesh ${mesh.config.name}: what the chains that answered have${index ? `, with tokens at home's ${indexText(index, raw)}` : ""}`,
    formatTable(
      ["", "block", "shares", "tokens"],
      [
        ...chainsOf(mesh).map(({ name }) => {
          const found = chains.find(({ chain }) => chain === name);
          return row(name, found?.totalShares, found?.blockNumber.toString());
        }),
        ["in flight", "", "not counted", ""],
        row("issued", home?.issuedShares),
        ["difference", "", "not known", ""],
      ],
    ),
    "",
    withoutSecrets(reason),
  ].join("\n");
}

function document(mesh: string, audit: SupplyAudit) {
  const message = messageDocument(audit);
  const { issuedShares, sharesPerToken, sharesInFlight, sharesEarly, difference } = audit;
  return {
    mesh,
    conserved: isConserved(audit),
    issuedShares,
    sharesPerToken,
    growthIndex: growthIndex(sharesPerToken),
    sharesInFlight,
    sharesEarly,
    difference,
    chains: audit.chains,
    inFlight: audit.inFlight.map(message),
    early: audit.early.map(message),
    undecodable: audit.undecodable.map((item) => ({
      ...message(item),
      poolData: item.message.tokens.map(({ extraData }) => extraData),
    })),
    unreadable: audit.unreadable,
    checks: audit.checks,
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
  const { issuedShares, sharesPerToken, chains, inFlight, early, sharesInFlight } = audit;
  const row = (what: string, block: string, shares: bigint) => [
    what,
    block,
    shares.toString(),
    formatTokens(shares / sharesPerToken),
  ];
  const failed = audit.checks.filter(({ holds }) => !holds);
  const verdict =
    failed.length === 0
      ? `Conserved: every share is on a chain or in flight, on each chain as its messages account for.`
      : `Not conserved: ${failed.length} of ${audit.checks.length} checks failed.`;
  return [
    `mesh ${mesh}: where the shares are, with tokens at home's ${indexText(sharesPerToken, raw)}`,
    formatTable(
      ["", "block", "shares", "tokens"],
      [
        ...chains.map(({ chain, blockNumber, totalShares }) =>
          row(chain, blockNumber.toString(), totalShares),
        ),
        row(`in flight (${inFlight.length})`, "", sharesInFlight),
        ...(early.length > 0
          ? [row(`on two chains (${early.length})`, "", -audit.sharesEarly)]
          : []),
        row("issued", "", issuedShares),
        row("difference", "", audit.difference),
      ],
    ),
    ...messagesText("In flight:", inFlight, audit),
    ...messagesText(
      "Sent after the block of the source and executed by the block of the destination:",
      early,
      audit,
    ),
    ...messagesText("Nobody can account for these:", audit.undecodable, audit),
    ...unreadableText(audit),
    "",
    verdict,
    ...failed.map(
      ({ check, chain, finding }) => `  ${check}${chain ? ` of ${chain}` : ""}: ${finding}`,
    ),
    ...(failed.length > 0
      ? ["Find out what sent or minted it, and pause the token meanwhile."]
      : []),
  ].join("\n");
}

function indexText(sharesPerToken: bigint, raw: boolean): string {
  const divisor = raw ? ` (divisor ${sharesPerToken})` : "";
  return `growth index of ${formatGrowthIndex(sharesPerToken)}${divisor}`;
}

function messagesText(
  heading: string,
  messages: readonly TrackedMessage[],
  { sharesPerToken }: SupplyAudit,
): string[] {
  if (messages.length === 0) return [];
  const lines = messages.map(({ message, source, destination, shares, state = "unknown" }) => {
    const value =
      shares === undefined
        ? `pool data ${message.tokens.map(({ extraData }) => extraData).join(", ")}`
        : `${shares} shares, ${formatTokens(shares / sharesPerToken)} tokens`;
    return `  ${message.messageId}  ${source} -> ${destination}  ${state}  ${value}`;
  });
  return ["", heading, ...lines];
}

function unreadableText({ unreadable }: SupplyAudit): string[] {
  if (unreadable.length === 0) return [];
  const lines = unreadable.map(
    ({ source, transactionHash, reason }) => `  ${transactionHash} on ${source}: ${reason}`,
  );
  return ["", "Sent by a pool of the token, and no message that can be read:", ...lines];
}
