import { localAccount } from "ccip-localnet";

import { LOCAL_HOLDERS } from "../../config/localAccounts";
import { formatTokens } from "../core/amount";
import { contractAt } from "../core/abis";
import { formatTable } from "../cli/text";
import type { ChainIndex } from "../core/syncStatus";
import { readIndexes } from "../mesh/readIndex";
import { chainsOf } from "../core/mesh/mesh";
import type { Mesh } from "../core/mesh/mesh";
import { auditSupply } from "../supply/audit";
import type { SupplyAudit } from "../supply/audit";

/** The state of the mesh after an event. */
export interface LedgerLine {
  readonly event: string;
  readonly indexes: readonly ChainIndex[];
  readonly audit: SupplyAudit;
}

/** A holder's balances, by chain. */
export interface HolderBalances {
  readonly holder: HolderName;
  readonly balances: ReadonlyMap<string, { readonly amount: bigint; readonly shares: bigint }>;
}

/** Reads every chain and counts every share. */
export async function ledgerLine(mesh: Mesh, event: string): Promise<LedgerLine> {
  const [indexes, audit] = await Promise.all([readIndexes(mesh), auditSupply(mesh)]);
  return { event, indexes, audit };
}

/** The holders of the scenario. */
export const HOLDERS = ["alice", "bob", "carol"] as const;

export type HolderName = (typeof HOLDERS)[number];

/** Returns the address of a holder, or of the third party. */
export function addressOf(name: keyof typeof LOCAL_HOLDERS): string {
  return localAccount(LOCAL_HOLDERS[name]).address;
}

/** Reads what each holder has on each chain. */
export function readBalances(mesh: Mesh): Promise<HolderBalances[]> {
  return Promise.all(
    HOLDERS.map(async (holder) => {
      const entries = await Promise.all(
        chainsOf(mesh).map(async ({ name, contracts, provider }) => {
          const token = contractAt.token(contracts.token, provider);
          const [amount, shares] = await Promise.all([
            token.balanceOf(addressOf(holder)),
            token.sharesOf(addressOf(holder)),
          ]);
          return [name, { amount, shares }] as const;
        }),
      );
      return { holder, balances: new Map(entries) };
    }),
  );
}

/** Formats the ledger of the scenario as a table: epochs, supplies in tokens, and whether every share is accounted for. */
export function formatLedger(lines: readonly LedgerLine[]): string {
  const chains = lines[0]?.indexes.map(({ chain }) => chain) ?? [];
  return formatTable(
    ["event", "epochs", ...chains, "in flight", "shares missing"],
    lines.map(({ event, indexes, audit }) => [
      event,
      indexes.map(({ epoch }) => epoch.toString()).join(" "),
      ...indexes.map(({ totalSupply }) => formatTokens(totalSupply)),
      formatTokens(inHomeTokens(audit.sharesInFlight, indexes)),
      audit.difference.toString(),
    ]),
  );
}

/** Balances as a table, and what they leave in shares where they are less than a unit. */
export function formatBalances(holders: readonly HolderBalances[]): string {
  const chains = [...(holders[0]?.balances.keys() ?? [])];
  return formatTable(
    ["", ...chains],
    holders.map(({ holder, balances }) => [
      holder,
      ...chains.map((chain) => formatTokens(balances.get(chain)?.amount ?? 0n, 6)),
    ]),
  );
}

function inHomeTokens(shares: bigint, [home]: readonly ChainIndex[]): bigint {
  return home ? shares / home.sharesPerToken : 0n;
}
