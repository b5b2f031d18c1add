import { localAccount } from "ccip-localnet";
import { LOCAL_ACCOUNTS } from "ccip-localnet/config";

import { LOCAL_HOLDERS, LOCAL_ROLES } from "../../../config/localAccounts";
import { contractAt } from "../../core/abis";
import { formatTokens } from "../../core/amount";
import { chainsOf } from "../../core/mesh/mesh";
import type { Mesh } from "../../core/mesh/mesh";
import { formatTable } from "../table";

/** An account of the development mnemonic, and what it has. */
export interface AccountReport {
  /** Its place in the mnemonic's list. */
  readonly index: number;
  readonly name: string;
  readonly address: string;
  readonly purpose: string;
  /** Native currency on the home chain, in wei. */
  readonly native: bigint;
  /** Tokens by chain, in their smallest unit. */
  readonly tokens: Readonly<Record<string, bigint>>;
}

const PURPOSES: Readonly<Record<keyof typeof LOCAL_ROLES, string>> = {
  issuer: "mints and burns at home",
  rebaseOperator: "schedules rebases",
  guardian: "pauses, cancels timelock proposals",
  operations: "unpauses, proposes to the timelocks and executes, withdraws the treasury",
  treasurySpender: "broadcasts from the treasury",
  rateLimitAdmin: "sets rate limits",
};

function namedAccounts(): Pick<AccountReport, "index" | "name" | "purpose">[] {
  const roles = Object.keys(LOCAL_ROLES) as (keyof typeof LOCAL_ROLES)[];
  return [
    {
      index: LOCAL_ACCOUNTS.deployer,
      name: "deployer",
      purpose: "deployed; pays for broadcasts; holds LINK",
    },
    ...roles.map((name) => ({ index: LOCAL_ROLES[name], name, purpose: PURPOSES[name] })),
    ...Object.entries(LOCAL_HOLDERS).map(([name, index]) => ({
      index,
      name,
      purpose: name === "thirdParty" ? "no role, no tokens" : "token holder",
    })),
    { index: LOCAL_ACCOUNTS.ccipOwner, name: "ccipOwner", purpose: "owns the local CCIP" },
    {
      index: LOCAL_ACCOUNTS.donTransmitter,
      name: "donTransmitter",
      purpose: "delivers messages",
    },
  ];
}

/** Reads what the accounts of the development mnemonic hold on every chain of a local mesh. */
export function readAccounts(mesh: Mesh): Promise<AccountReport[]> {
  const chains = chainsOf(mesh);
  return Promise.all(
    namedAccounts().map(async (account) => {
      const { address } = localAccount(account.index);
      const [native, ...amounts] = await Promise.all([
        mesh.home.provider.getBalance(address),
        ...chains.map(({ contracts, provider }) =>
          contractAt.token(contracts.token, provider).balanceOf(address),
        ),
      ]);
      const tokens = Object.fromEntries(chains.map(({ name }, i) => [name, amounts[i] ?? 0n]));
      return { ...account, address, native, tokens };
    }),
  );
}

/** Formats the accounts as a table; holdings of nothing are left out. */
export function formatAccounts(accounts: readonly AccountReport[], symbol: string): string {
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
