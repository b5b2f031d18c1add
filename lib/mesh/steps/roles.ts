import { ZeroHash } from "ethers";

import { abi } from "../contracts";
import type { FormerPool } from "../formerPools";
import { grantsOf, roleGiver, roleHash, sameGrant } from "../grants";
import type { Grant, RoleGiver } from "../grants";
import { holderOf, peersOf } from "../mesh";
import type { Mesh, MeshChain } from "../mesh";
import type { ChainState } from "../state";
import type { Step } from "../step";

import { TODO, call, change, when } from "./draft";
import { acceptanceId, joinsLate } from "./handover";
import { oldPoolId } from "./lanes";
import { openingId } from "./registry";

/** A step for every role that the mesh gives on a chain, but those at its timelock and those given late. */
export function roleSteps(mesh: Mesh, chain: MeshChain, now: ChainState): Step[] {
  return grantSteps(
    chain,
    now,
    grantsOf(mesh, chain).filter(
      (grant) => grant.contract !== "timelock" && !isLate(chain, now, grant),
    ),
  );
}

/** A new pool may mint once the timelock owns it; no steps unless one joins a chain that was handed over. */
export function lateRoleSteps(mesh: Mesh, chain: MeshChain, now: ChainState): Step[] {
  const late = grantsOf(mesh, chain).filter((grant) => isLate(chain, now, grant));
  return grantSteps(chain, now, late).map((step) => ({
    ...step,
    after: [...step.after, acceptanceId(chain)],
  }));
}

function isLate(chain: MeshChain, now: ChainState, { contract, role }: Grant): boolean {
  return contract === "token" && role === "BRIDGE_ROLE" && joinsLate(chain, now);
}

/** A step for every role at a chain's timelock, which it gives itself. */
export function timelockRoleSteps(mesh: Mesh, chain: MeshChain, now: ChainState): Step[] {
  return grantSteps(
    chain,
    now,
    grantsOf(mesh, chain).filter(({ contract }) => contract === "timelock"),
  );
}

function grantSteps(chain: MeshChain, now: ChainState, grants: readonly Grant[]): Step[] {
  return grants.map((grant) => {
    const { contract, role, account } = grant;
    return {
      id: `${chain.name}/${contract}/${role}`,
      chain: chain.name,
      title: `grant the ${contract}'s ${role} to ${account}`,
      changes: [change(`${role} of ${account}`, "no", "yes")],
      status: when(isGranted(now, grant)),
      after: [],
      call: roleCall(chain, now, grant, "grantRole"),
    };
  });
}

/**
 * What lies on a pool that was replaced goes to the operations account: once the pool has no role any
 * more, nobody can take it from there. None when nothing lies there.
 */
export function recoverySteps(mesh: Mesh, chain: MeshChain, now: ChainState): Step[] {
  const operations = holderOf(mesh, "operations", chain.name);
  return now.formerPools.filter(hasToBeEmptied).map(({ address, shares }) => ({
    id: recoveryId(chain, address),
    chain: chain.name,
    title: `recover what lies on the pool ${address}, which is replaced`,
    changes: [change(`shares on ${address}`, `${shares}`, "0")],
    status: TODO,
    after: [openingId(chain)],
    call: call(
      now.token.admin,
      "default admin of the token",
      chain.contracts.token,
      abi.token.encodeFunctionData("recoverShares", [address, operations, shares]),
    ),
  }));
}

function hasToBeEmptied({ mayMint, shares }: FormerPool): boolean {
  return mayMint && shares > 0n;
}

function recoveryId({ name }: Pick<MeshChain, "name">, pool: string): string {
  return `${name}/token/recover ${pool}`;
}

/** The steps ahead of the one by which a pool that was replaced loses its role: it is used and known no more. */
function beforeRetirement(
  mesh: Mesh,
  chain: MeshChain,
  pool: FormerPool,
  ahead: ReadonlySet<string>,
): string[] {
  return [
    openingId(chain),
    ...peersOf(mesh, chain)
      .map((peer) => oldPoolId(peer, chain, pool.address))
      .filter((id) => ahead.has(id)),
    ...(hasToBeEmptied(pool) ? [recoveryId(chain, pool.address)] : []),
  ];
}

/**
 * A step for every role that somebody has whom the mesh does not name; none when nobody has.
 * @param ahead steps that there are to do before.
 */
export function strayRoleSteps(
  mesh: Mesh,
  chain: MeshChain,
  now: ChainState,
  ahead: readonly Step[],
): Step[] {
  const declared = grantsOf(mesh, chain).map(({ contract, role }) => `${contract}/${role}`);
  const ids = new Set(ahead.map(({ id }) => id));
  return now.strays.map((stray) => {
    const { contract, role, account } = stray;
    const pool =
      contract === "token" && role === "BRIDGE_ROLE"
        ? now.formerPools.find(({ address }) => address === account)
        : undefined;
    return {
      id: `${chain.name}/${contract}/stray ${role} ${account}`,
      chain: chain.name,
      title: `take the ${contract}'s ${role} from ${account}, whom the mesh does not name for it`,
      changes: [change(`${role} of ${account}`, "yes", "no")],
      status: { kind: "todo" },
      // Whoever shall have a role has it before another one loses it.
      after: [
        ...(declared.includes(`${contract}/${role}`) ? [`${chain.name}/${contract}/${role}`] : []),
        ...(pool ? beforeRetirement(mesh, chain, pool, ids) : []),
      ],
      call: roleCall(chain, now, stray, "revokeRole"),
    };
  });
}

/** Who administers the roles of a contract, and what that power is called. */
function administratorOf(chain: MeshChain, now: ChainState, contract: RoleGiver) {
  const as = `default admin of the ${contract}`;
  if (contract === "token") return { from: now.token.admin, as };
  if (contract === "timelock") return { from: chain.contracts.timelock, as };
  if (now.role !== "home") throw new Error(`${chain.name} has no ${contract}: it is a satellite.`);
  return { from: now[contract].admin, as };
}

function roleCall(
  chain: MeshChain,
  now: ChainState,
  { contract, role, account }: Grant,
  change: "grantRole" | "revokeRole",
) {
  const { from, as } = administratorOf(chain, now, contract);
  const hash = role === "DEFAULT_ADMIN_ROLE" ? ZeroHash : roleHash(role);
  const data =
    change === "grantRole"
      ? abi.timelock.encodeFunctionData("grantRole", [hash, account])
      : abi.timelock.encodeFunctionData("revokeRole", [hash, account]);
  return call(from, as, roleGiver(chain, contract) ?? "", data);
}

/** Whether the account that the mesh names for a role has it. */
export function isGranted({ held }: ChainState, grant: Grant): boolean {
  return held.some((holder) => sameGrant(holder, grant));
}
