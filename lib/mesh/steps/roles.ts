import { ZeroHash } from "ethers";

import { abi } from "../contracts";
import { grantsOf, roleGiver, roleHash } from "../grants";
import type { Grant, RoleGiver } from "../grants";
import type { Mesh, MeshChain } from "../mesh";
import type { ChainState } from "../state";
import type { Step } from "../step";

import { call, change, when } from "./draft";

/** A step for every role that the mesh gives on a chain, but those at its timelock. */
export function roleSteps(mesh: Mesh, chain: MeshChain, now: ChainState): Step[] {
  return grantSteps(
    chain,
    now,
    grantsOf(mesh, chain).filter(({ contract }) => contract !== "timelock"),
  );
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

/** A step for every role that somebody has whom the mesh does not name; none when nobody has. */
export function strayRoleSteps(mesh: Mesh, chain: MeshChain, now: ChainState): Step[] {
  const declared = grantsOf(mesh, chain).map(({ contract, role }) => `${contract}/${role}`);
  return now.strays.map((stray) => {
    const { contract, role, account } = stray;
    return {
      id: `${chain.name}/${contract}/stray ${role} ${account}`,
      chain: chain.name,
      title: `take the ${contract}'s ${role} from ${account}, whom the mesh does not name for it`,
      changes: [change(`${role} of ${account}`, "yes", "no")],
      status: { kind: "todo" },
      // Whoever shall have a role has it before another one loses it.
      after: declared.includes(`${contract}/${role}`) ? [`${chain.name}/${contract}/${role}`] : [],
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
export function isGranted(now: ChainState, { contract, role }: Grant): boolean {
  if (contract === "token") return now.token.roles[role] ?? false;
  if (contract === "timelock") return now.timelock.roles[role] ?? false;
  if (now.role !== "home") return false;
  switch (role) {
    case "REBASE_OPERATOR_ROLE":
      return now.controller.operator;
    case "TREASURY_SPENDER_ROLE":
      return now.broadcaster.spender;
    default:
      return now.broadcaster.withdrawer;
  }
}
