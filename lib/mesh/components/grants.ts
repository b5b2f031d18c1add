import { id } from "ethers";
import { z } from "zod";
import { decodeEvent } from "ccip-localnet/protocol";

import { abi, contractAt } from "../../core/abis";
import { holderOf } from "../../core/mesh/mesh";
import type { Mesh, MeshChain } from "../../core/mesh/mesh";
import { roleHash, roleName } from "../../core/roles";
import type { LogReading } from "../../rpc/logCache";
import { readProvenLogs } from "../../rpc/newestBlocks";
import type { PinnedChain } from "../../rpc/pinned";

const GIVERS = ["token", "controller", "broadcaster", "timelock"] as const;

/** Name of a contract with access control. */
export type RoleGiver = (typeof GIVERS)[number];

/** A role of an account. */
export interface Grant {
  readonly contract: RoleGiver;
  /** `GUARDIAN_ROLE`; its hash when the name is unknown. */
  readonly role: string;
  readonly account: string;
}

/** Returns every role that the mesh declares on a chain, with its holder. */
export function grantsOf(mesh: Mesh, chain: MeshChain): Grant[] {
  const holder = (role: Parameters<typeof holderOf>[1]) => holderOf(mesh, role, chain.name);
  const grant = (contract: RoleGiver, role: string, account: string) => ({
    contract,
    role,
    account,
  });
  const operations = holder("operations");
  const guardian = holder("guardian");
  const everywhere = [
    grant("token", "BRIDGE_ROLE", chain.contracts.pool),
    grant("token", "GUARDIAN_ROLE", guardian),
    grant("token", "UNPAUSER_ROLE", operations),
  ];
  const timelock = [
    ...["PROPOSER_ROLE", "EXECUTOR_ROLE", "CANCELLER_ROLE"].map((role) =>
      grant("timelock", role, operations),
    ),
    // A timelock's delay protects from a proposer only if another account can cancel meanwhile.
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

export function sameGrant(a: Grant, b: Grant): boolean {
  return a.contract === b.contract && a.role === b.role && a.account === b.account;
}

/** Returns whether a list contains a grant. */
export function includesGrant(grants: readonly Grant[], grant: Grant): boolean {
  return grants.some((other) => sameGrant(other, grant));
}

/** Returns the address of a contract with access control; undefined when the chain does not have it. */
export function roleGiver({ contracts }: MeshChain, contract: RoleGiver): string | undefined {
  return (contracts as unknown as Partial<Record<RoleGiver, string>>)[contract];
}

/** Returns the grants that the mesh does not declare. Default admins are compared separately. */
export function unexpectedAmong(
  { contracts }: MeshChain,
  held: readonly Grant[],
  declared: readonly Grant[],
): Grant[] {
  return held.filter((grant) =>
    grant.role === "DEFAULT_ADMIN_ROLE"
      ? grant.contract === "timelock" && grant.account !== contracts.timelock
      : !includesGrant(declared, grant),
  );
}

/** Returns, by role of one contract, whether all declared accounts have it. */
export function rolesHeld(
  giver: RoleGiver,
  held: readonly Grant[],
  declared: readonly Grant[],
): Record<string, boolean> {
  const own = declared.filter(({ contract }) => contract === giver);
  return Object.fromEntries(
    own.map(({ role }) => [
      role,
      own.every((grant) => grant.role !== role || includesGrant(held, grant)),
    ]),
  );
}

const grantedEvent = z.object({ role: z.string(), account: z.string(), sender: z.string() });

/**
 * Reads the current role holders among all accounts that were ever granted a role.
 * @param declared grants that are checked even without an event.
 */
export async function readHolders(
  chain: MeshChain,
  pinned: PinnedChain,
  reading: LogReading = {},
  declared: readonly Grant[] = [],
): Promise<Grant[]> {
  const givers = new Map(
    GIVERS.flatMap((contract) => {
      const address = roleGiver(chain, contract);
      return address === undefined ? [] : [[address, contract] as const];
    }),
  );
  const addresses = [...givers.keys()];
  const range = {
    address: addresses,
    topics: [abi.timelock.getEvent("RoleGranted").topicHash],
    fromBlock: chain.deployedAt ?? 0,
    toBlock: pinned.blockNumber,
  };
  const key = `${chain.chainId}-roles-${id(addresses.join()).slice(2, 18)}`;
  const logs = await readProvenLogs(chain.name, pinned, range, { ...reading, key });
  const granted = logs.flatMap((log): Grant[] => {
    const contract = givers.get(log.address);
    if (!contract) return [];
    const { role, account } = decodeEvent(abi.timelock, "RoleGranted", log, grantedEvent);
    return [{ contract, role: roleName(role), account }];
  });
  const text = ({ contract, role, account }: Grant) => `${contract} ${role} ${account}`;
  const given = new Map([...declared, ...granted].map((grant) => [text(grant), grant]));
  const held = await Promise.all(
    [...given.values()].map(async (grant) => {
      const address = roleGiver(chain, grant.contract);
      if (address === undefined) return [];
      const giver = contractAt.timelock(address, pinned);
      return (await giver.hasRole(roleHash(grant.role), grant.account)) ? [grant] : [];
    }),
  );
  return held.flat().sort((a, b) => (text(a) < text(b) ? -1 : 1));
}
