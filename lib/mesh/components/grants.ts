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

const GIVERS = ["token", "controller", "broadcaster", "timelock", "proposal sender"] as const;

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
  const [operations, guardian] = [holder("operations"), holder("guardian")];
  const rows: [contract: RoleGiver, role: string, account: string][] = [
    ["token", "BRIDGE_ROLE", chain.contracts.pool],
    ["token", "GUARDIAN_ROLE", guardian],
    ["token", "UNPAUSER_ROLE", operations],
  ];
  if (chain.role === "satellite") {
    rows.push(["token", "REBASER_ROLE", chain.contracts.receiver]);
  } else {
    rows.push(
      ["token", "REBASER_ROLE", chain.contracts.controller],
      ["token", "ISSUER_ROLE", holder("issuer")],
      ["controller", "REBASE_OPERATOR_ROLE", holder("rebaseOperator")],
      ["broadcaster", "TREASURY_SPENDER_ROLE", holder("treasurySpender")],
      ["broadcaster", "TREASURY_WITHDRAWER_ROLE", operations],
    );
  }
  rows.push(
    ["timelock", "PROPOSER_ROLE", operations],
    ["timelock", "EXECUTOR_ROLE", operations],
    ["timelock", "CANCELLER_ROLE", operations],
  );
  const { proposalSender, proposalReceiver } = chain.contracts;
  if (proposalSender !== undefined) {
    rows.push(
      ["proposal sender", "TREASURY_SPENDER_ROLE", holder("treasurySpender")],
      ["proposal sender", "TREASURY_WITHDRAWER_ROLE", operations],
    );
  }
  if (proposalReceiver !== undefined) {
    rows.push(
      ["timelock", "PROPOSER_ROLE", proposalReceiver],
      ["timelock", "CANCELLER_ROLE", proposalReceiver],
    );
  }
  // A timelock's delay protects from a proposer only if another account can cancel meanwhile.
  if (guardian !== operations) rows.push(["timelock", "CANCELLER_ROLE", guardian]);
  return rows.map(([contract, role, account]) => ({ contract, role, account }));
}

/** Returns the accounts that the mesh declares as the admins of a chain's pool beside its owner; undefined for none. */
export function poolAdminsOf(mesh: Mesh, { name }: MeshChain) {
  const rateLimitAdmin = holderOf(mesh, "rateLimitAdmin", name);
  // Only the owner may withdraw pool fees.
  const feeAdmin: string | undefined = undefined;
  return { rateLimitAdmin, feeAdmin };
}

/** Returns whether a list contains a grant. */
export function includesGrant(grants: readonly Grant[], grant: Grant): boolean {
  return grants.some((other) => textOf(other) === textOf(grant));
}

function textOf({ contract, role, account }: Grant): string {
  return `${contract} ${role} ${account}`;
}

/** Returns the address of a contract with access control; undefined when the chain does not have it. */
export function roleGiver({ contracts }: MeshChain, contract: RoleGiver): string | undefined {
  const { proposalSender } = contracts;
  const givers = { controller: undefined, broadcaster: undefined, ...contracts };
  return contract === "proposal sender" ? proposalSender : givers[contract];
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

const grantedEvent = z.object({ role: z.string(), account: z.string(), sender: z.string() });

/** Reads the role holders among the accounts that were ever granted a role, by a log or by the mesh file. */
export async function readHolders(
  chain: MeshChain,
  pinned: PinnedChain,
  reading: LogReading = {},
  declared: readonly Grant[] = [],
): Promise<Grant[]> {
  const address = GIVERS.flatMap((contract) => roleGiver(chain, contract) ?? []);
  const range = {
    address,
    topics: [abi.timelock.getEvent("RoleGranted").topicHash],
    fromBlock: chain.deployedAt ?? 0,
    toBlock: pinned.blockNumber,
  };
  const key = `${chain.chainId}-roles-${id(address.join()).slice(2, 18)}`;
  const logs = await readProvenLogs(chain.name, pinned, range, { ...reading, key });
  const granted = logs.flatMap((log): Grant[] => {
    const contract = GIVERS.find((one) => roleGiver(chain, one) === log.address);
    if (!contract) return [];
    const { role, account } = decodeEvent(abi.timelock, "RoleGranted", log, grantedEvent);
    return [{ contract, role: roleName(role), account }];
  });
  const given = new Map([...declared, ...granted].map((grant) => [textOf(grant), grant]));
  const held = [...given.values()].map(async (grant) => {
    const giver = contractAt.timelock(roleGiver(chain, grant.contract) ?? "", pinned);
    return (await giver.hasRole(roleHash(grant.role), grant.account)) ? [grant] : [];
  });
  return (await Promise.all(held)).flat().sort((a, b) => (textOf(a) < textOf(b) ? -1 : 1));
}
