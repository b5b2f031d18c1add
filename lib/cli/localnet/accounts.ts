import { localAccount } from "ccip-localnet";
import { LOCAL_ACCOUNTS } from "ccip-localnet/config";

import { LOCAL_HOLDERS, LOCAL_ROLES } from "../../../config/localAccounts";
import { contractAt } from "../../core/abis";
import { formatTokens } from "../../core/amount";
import { chainsOf } from "../../core/mesh/mesh";
import type { Mesh } from "../../core/mesh/mesh";
import { formatTable } from "../text";

/** The accounts of the development mnemonic, by their place in its list. */
const ACCOUNTS: readonly (readonly [index: number, name: string, purpose: string])[] = [
  [LOCAL_ACCOUNTS.deployer, "deployer", "deployed; pays for broadcasts; holds LINK"],
  [LOCAL_ROLES.issuer, "issuer", "mints and burns at home"],
  [LOCAL_ROLES.rebaseOperator, "rebaseOperator", "schedules rebases"],
  [LOCAL_ROLES.guardian, "guardian", "pauses, cancels timelock proposals"],
  [
    LOCAL_ROLES.operations,
    "operations",
    "unpauses, proposes to the timelocks and executes, withdraws the treasury",
  ],
  [LOCAL_ROLES.treasurySpender, "treasurySpender", "broadcasts from the treasury"],
  [LOCAL_ROLES.rateLimitAdmin, "rateLimitAdmin", "sets rate limits"],
  ...Object.entries(LOCAL_HOLDERS).map(
    ([name, index]) =>
      [index, name, name === "thirdParty" ? "no role, no tokens" : "token holder"] as const,
  ),
  [LOCAL_ACCOUNTS.ccipOwner, "ccipOwner", "owns the local CCIP"],
  [LOCAL_ACCOUNTS.donTransmitter, "donTransmitter", "delivers messages"],
];

/**
 * Reads what the accounts of the development mnemonic hold in a local mesh: native currency at home in wei, tokens by
 * chain in their smallest unit.
 */
export function readAccounts(mesh: Mesh) {
  const chains = chainsOf(mesh);
  return Promise.all(
    ACCOUNTS.map(async ([index, name, purpose]) => {
      const { address } = localAccount(index);
      const [native, ...amounts] = await Promise.all([
        mesh.home.provider.getBalance(address),
        ...chains.map(({ contracts, provider }) =>
          contractAt.token(contracts.token, provider).balanceOf(address),
        ),
      ]);
      const tokens: Record<string, bigint> = Object.fromEntries(
        chains.map((chain, i) => [chain.name, amounts[i] ?? 0n]),
      );
      return { index, name, address, purpose, native, tokens };
    }),
  );
}

/** Formats the accounts as a table; holdings of nothing are left out. */
export function formatAccounts(
  accounts: Awaited<ReturnType<typeof readAccounts>>,
  symbol: string,
): string {
  const rows = accounts.map(({ index, name, address, purpose, native, tokens }) => {
    const held = Object.entries(tokens).filter(([, amount]) => amount > 0n);
    return [
      `${index} ${name}`,
      address,
      purpose,
      formatTokens(native),
      held.map(([chain, amount]) => `${formatTokens(amount)} on ${chain}`).join("\n"),
    ];
  });
  return formatTable(["account", "address", "purpose", "ETH at home", symbol], rows, 3);
}
