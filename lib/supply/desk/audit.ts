import { formatTokens } from "../../cli/amount";
import { toJson } from "../../cli/json";
import { formatTable } from "../../cli/table";
import { TERMINAL } from "../../cli/voice";
import type { Voice } from "../../cli/voice";
import type { Desk } from "../../mesh/desk/desk";
import { auditSupply, isConserved } from "../audit";
import type { SupplyAudit } from "../audit";
import type { TrackedMessage } from "../track";

/** Counts every share of the mesh, and says whether all are where they should be. */
export async function showAudit(
  { mesh, store }: Desk,
  { json }: { readonly json: boolean },
  { print, say }: Voice = TERMINAL,
): Promise<SupplyAudit> {
  if (store) say("reading every message since deployment; what was read before is kept");
  const audit = await auditSupply(mesh, { store });
  const { name } = mesh.config;
  print(json ? toJson(document(name, audit)) : text(name, audit));
  return audit;
}

function document(mesh: string, audit: SupplyAudit) {
  const message = messageDocument(audit);
  const { issuedShares, sharesPerToken, sharesInFlight, sharesEarly, difference } = audit;
  return {
    mesh,
    conserved: isConserved(audit),
    issuedShares,
    sharesPerToken,
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

function text(mesh: string, audit: SupplyAudit): string {
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
    `mesh ${mesh}: where the shares are, with tokens at home's index of ${sharesPerToken}`,
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
