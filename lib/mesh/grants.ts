import { id } from "ethers";
import { z } from "zod";
import { decodeEvent } from "ccip-localnet/protocol";

import { readLogsThrough } from "../rpc/logCache";
import type { LogStore } from "../rpc/logs";
import type { PinnedChain } from "../rpc/pinned";

import { abi, contractAt } from "../core/abis";
import { roleHash, roleName } from "../core/roles";
import { holderOf } from "../core/mesh/mesh";
import type { Mesh, MeshChain } from "../core/mesh/mesh";

/** A contract of a chain that gives roles. */
export type RoleGiver = "token" | "controller" | "broadcaster" | "timelock";

/** A role that an account has, or should have. */
export interface Grant {
  readonly contract: RoleGiver;
  /** `GUARDIAN_ROLE`; its hash when nobody knows its name. */
  readonly role: string;
  readonly account: string;
}

/** Every role that the contracts of a chain should give, and to whom. */
export function grantsOf(mesh: Mesh, chain: MeshChain): Grant[] {
  const holder = (role: Parameters<typeof holderOf>[1]) => holderOf(mesh, role, chain.name);
  const grant = (contract: RoleGiver, role: string, account: string) => ({
    contract,
    role,
    account,
  });
  const { contracts } = chain;
  const operations = holder("operations");
  const guardian = holder("guardian");
  const everywhere = [
    grant("token", "BRIDGE_ROLE", contracts.pool),
    grant("token", "GUARDIAN_ROLE", guardian),
    grant("token", "UNPAUSER_ROLE", operations),
  ];
  const timelock = [
    ...["PROPOSER_ROLE", "EXECUTOR_ROLE", "CANCELLER_ROLE"].map((role) =>
      grant("timelock", role, operations),
    ),
    // A delay protects from whoever proposes only if somebody else may cancel meanwhile.
    ...(guardian === operations ? [] : [grant("timelock", "CANCELLER_ROLE", guardian)]),
  ];
  if (chain.role === "satellite") {
    return [...everywhere, grant("token", "REBASER_ROLE", chain.contracts.receiver), ...timelock];
  }
  return [
    ...everywhere,
    grant("token", "REBASER_ROLE", chain.contracts.controller),
    grant("token", "ISSUER_ROLE", holder("issuer")),
    grant("controller", "REBASE_OPERATOR_ROLE", holder("rebaseOperator")),
    grant("broadcaster", "TREASURY_SPENDER_ROLE", holder("treasurySpender")),
    grant("broadcaster", "TREASURY_WITHDRAWER_ROLE", operations),
    ...timelock,
  ];
}

/** Whether two grants are the same. */
export function sameGrant(a: Grant, b: Grant): boolean {
  return a.contract === b.contract && a.role === b.role && a.account === b.account;
}

/** The id of the step that gives a role: with the account, where an earlier one of the chain's grants gives the same role. */
export function grantId(chain: string, grant: Grant, grants: readonly Grant[]): string {
  const { contract, role, account } = grant;
  const first = grants.find((other) => other.contract === contract && other.role === role);
  const id = `${chain}/${contract}/${role}`;
  return !first || sameGrant(first, grant) ? id : `${id} ${account}`;
}

/** The address of a contract that gives roles; undefined when the chain has none of the kind. */
export function roleGiver({ contracts }: MeshChain, contract: RoleGiver): string | undefined {
  return (contracts as unknown as Partial<Record<RoleGiver, string>>)[contract];
}

const grantedEvent = z.object({ role: z.string(), account: z.string(), sender: z.string() });

/**
 * Who has a role now, of all accounts that were ever given it.
 * @param declared who is looked at too, whatever the events say.
 */
export async function readHolders(
  chain: MeshChain,
  pinned: PinnedChain,
  store?: LogStore,
  declared: readonly Grant[] = [],
): Promise<Grant[]> {
  const givers = (["token", "controller", "broadcaster", "timelock"] as const).flatMap(
    (contract) => {
      const address = roleGiver(chain, contract);
      return address === undefined ? [] : [{ contract, address }];
    },
  );
  const addresses = givers.map(({ address }) => address);
  const logs = await readLogsThrough(
    chain.provider,
    {
      address: addresses,
      topics: [abi.timelock.getEvent("RoleGranted").topicHash],
      fromBlock: chain.deployedAt ?? 0,
      toBlock: pinned.blockNumber,
    },
    { store, key: `${chain.chainId}-roles-${id(addresses.join()).slice(2, 18)}` },
  );
  const given = new Map<string, Grant & { address: string }>();
  for (const grant of declared) {
    const giver = givers.find(({ contract }) => contract === grant.contract);
    if (giver)
      given.set(`${grant.contract}/${roleHash(grant.role)}/${grant.account}`, {
        ...giver,
        ...grant,
      });
  }
  for (const log of logs) {
    const giver = givers.find(({ address }) => address === log.address);
    if (!giver) continue;
    const { role, account } = decodeEvent(abi.timelock, "RoleGranted", log, grantedEvent);
    given.set(`${giver.contract}/${role}/${account}`, {
      ...giver,
      role: roleName(role),
      account,
    });
  }
  const candidates = [...given.values()];
  const held = await Promise.all(
    candidates.map(({ address, role, account }) =>
      contractAt
        .timelock(address, pinned)
        .hasRole(role === "DEFAULT_ADMIN_ROLE" ? `0x${"0".repeat(64)}` : roleHash(role), account),
    ),
  );
  const text = ({ contract, role, account }: Grant) => `${contract} ${role} ${account}`;
  return candidates
    .filter((_, i) => held[i])
    .map(({ contract, role, account }) => ({ contract, role, account }))
    .sort((a, b) => (text(a) < text(b) ? -1 : 1));
}
