import { formatDuration } from "../../core/duration";
import { toJson } from "../../core/json";
import { chainsOf } from "../../core/mesh/mesh";
import type { Mesh, MeshChain } from "../../core/mesh/mesh";
import { timeText } from "../../core/time";
import type { OperatorContext } from "../../mesh/operator";
import { rolesOn } from "../../mesh/permissions";
import type { ChainRoles, Delay, Offer, Permission } from "../../mesh/permissions";
import { readEach } from "../../mesh/state";
import { holdsOnAll, unreadDocument, untilRead } from "../../mesh/unread";
import type { UnreadChains } from "../../mesh/unread";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";
import { ownNames } from "../mesh/text";
import { showReadProgress } from "../progress";
import { formatTable, unreadLines } from "../text";

/**
 * Prints every role and ownership on every chain with its holders and the declared account, pending hand-overs, and
 * the delays of proposals and hand-overs.
 * @returns the chains that answered, home first.
 */
export async function showRoles(
  { mesh, store, unreachable }: OperatorContext,
  { json }: { readonly json: boolean },
  { stdout, log }: Output = consoleOutput,
): Promise<{ readonly chains: readonly ChainRoles[]; readonly unread: UnreadChains }> {
  const { during } = showReadProgress(log);
  const { chains: states, unread } = await readEach(mesh, { store, during }, unreachable);
  const chains = chainsOf(mesh).flatMap((chain) => {
    const now = states.get(chain.name);
    return now ? [rolesOn(mesh, chain, now)] : [];
  });
  const differing = chains.filter(({ differs }) => differs).map(({ chain }) => chain);
  const upToDate = holdsOnAll(differing.length === 0, unread);
  stdout(
    json
      ? toJson({ mesh: mesh.config.name, upToDate, unread: unreadDocument(unread), chains })
      : [
          ...chainsOf(mesh).flatMap((chain) => {
            const roles = chains.find((one) => one.chain === chain.name);
            return [roles ? chainText(mesh, chain, roles) : `${chain.name} (not read)`, ""];
          }),
          ...verdictLines(differing, unread).map((line) => `mesh ${mesh.config.name}: ${line}`),
        ].join("\n"),
  );
  for (const line of unreadLines(unread)) log(line);
  return { chains, unread };
}

function verdictLines(differing: readonly string[], unread: UnreadChains): string[] {
  const lines: string[] = [];
  if (differing.length > 0) {
    lines.push(
      `roles differ from the mesh file on ${differing.join(", ")}. "mesh plan" says what would set them right.`,
    );
  }
  if (unread.size > 0) {
    lines.push(`cannot tell whether every role is where the mesh file says ${untilRead(unread)}.`);
  }
  return lines.length > 0 ? lines : ["every role and ownership is where the mesh file says."];
}

function chainText(mesh: Mesh, chain: MeshChain, roles: ChainRoles): string {
  const { blockNumber, permissions, offers, proposal, delays } = roles;
  const name = namerOn(mesh, chain);
  return [
    `${chain.name} (block ${blockNumber})`,
    formatTable(
      ["contract", "permission", "held by", "in the mesh file"],
      permissions.flatMap((permission) => permissionRows(permission, name)),
      4,
    ),
    ...offers.map((offer) => offerText(offer, name)),
    ...(proposal
      ? [
          `The timelock can accept what was offered to it ${proposal.ready ? "now" : `from ${timeText(proposal.readyAt)} on`}.`,
        ]
      : []),
    ...delays.map(delayText),
  ].join("\n");
}

function permissionRows(
  { contract, permission, holders, declared }: Permission,
  name: Namer,
): string[][] {
  const rows = holders.map((holder) => [
    contract,
    permission,
    name(holder),
    holder === declared
      ? "same"
      : `unexpected${declared === undefined ? ": no account should have it" : ""}`,
  ]);
  if (declared === undefined || holders.includes(declared)) return rows;
  return [
    ...rows,
    [contract, permission, rows.length > 0 ? "" : "nobody", `missing: ${name(declared)}`],
  ];
}

function offerText({ contract, to, after, unexpected }: Offer, name: Namer): string {
  const when = after === undefined ? "" : ` after ${timeText(after)}`;
  return `The ${contract} is offered to ${name(to)}, who may take it${when}.${unexpected ? " The mesh file does not say so." : ""}`;
}

function delayText({ what, seconds, declared, pending, differs }: Delay): string {
  const change = pending ? `, ${duration(pending.seconds)} from ${timeText(pending.from)} on` : "";
  const file = differs ? ` (mesh file: ${duration(declared)})` : "";
  return `Delay of ${what}: ${duration(seconds)}${change}${file}`;
}

function duration(seconds: bigint): string {
  return seconds === 0n ? "none" : formatDuration(seconds);
}

type Namer = (account: string) => string;

/** Returns a function that appends the names of the chain's contracts and of the deployer to addresses. */
function namerOn(mesh: Mesh, chain: MeshChain): Namer {
  const names = new Map(ownNames(mesh, chain));
  return (account) => {
    const name = names.get(account);
    return name === undefined ? account : `${account} (${name})`;
  };
}
