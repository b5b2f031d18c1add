import { z } from "zod";

import { abi } from "../../core/abis";
import { holderOf } from "../../core/mesh/mesh";
import type { Mesh, MeshChain } from "../../core/mesh/mesh";
import { roleHash } from "../../core/roles";
import { TOKEN_DECIMALS } from "../../core/units";
import type { ChainState } from "../state";
import type { Step } from "../step";
import { TO_DO, call, change, when } from "../stepBuilders";
import { joinsLate } from "./administration";
import { grantsOf, includesGrant, roleGiver, sameGrant } from "./grants";
import type { Grant } from "./grants";
import type { PreviousPool } from "./pool/previous";
import { openingId } from "./registry";
import { acceptanceId } from "./timelock/acceptance";

/** Returns a step for every declared role on a chain, except those of its timelock and those granted late. */
export function roleSteps(mesh: Mesh, chain: MeshChain, now: ChainState): Step[] {
  return grantSteps(
    chain,
    now,
    grantsOf(mesh, chain).filter(
      (grant) => grant.contract !== "timelock" && !isLate(chain, now, grant),
    ),
  );
}

/**
 * Returns the step that lets a new pool mint once the timelock owns it; none unless one joins a chain that was
 * handed over before.
 */
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

/** Returns a step for every role of a chain's timelock, which grants them itself. */
export function timelockRoleSteps(mesh: Mesh, chain: MeshChain, now: ChainState): Step[] {
  const grants = grantsOf(mesh, chain).filter(({ contract }) => contract === "timelock");
  return grantSteps(chain, now, grants);
}

function grantSteps(chain: MeshChain, now: ChainState, grants: readonly Grant[]): Step[] {
  return grants.map((grant) => {
    const { contract, role, account } = grant;
    return {
      id: grantId(chain.name, grant, grants),
      chain: chain.name,
      title: `grant the ${contract}'s ${role} to ${account}`,
      changes: [change(`${role} of ${account}`, "no", "yes")],
      status: when(includesGrant(now.held, grant)),
      after: [],
      call: roleCall(chain, now, grant, "grantRole"),
    };
  });
}

/** Returns the id of the step that grants a role: with the account, unless it is the role's first declared one. */
function grantId(chain: string, grant: Grant, grants: readonly Grant[]): string {
  const { contract, role, account } = grant;
  const first = grants.find((other) => other.contract === contract && other.role === role);
  const id = `${chain}/${contract}/${role}`;
  return !first || sameGrant(first, grant) ? id : `${id} ${account}`;
}

/** Returns a step for every role of an account that the mesh does not declare. */
export function unexpectedRoleSteps(mesh: Mesh, chain: MeshChain, now: ChainState): Step[] {
  const declared = grantsOf(mesh, chain);
  return now.unexpectedGrants.map((unexpected) => {
    const { contract, role, account } = unexpected;
    const pool =
      contract === "token" && role === "BRIDGE_ROLE"
        ? now.previousPools.find(({ address }) => address === account)
        : undefined;
    return {
      id: `${chain.name}/${contract}/unexpected ${role} ${account}`,
      chain: chain.name,
      title: `take the ${contract}'s ${role} from ${account}, for which the mesh does not declare it`,
      changes: [change(`${role} of ${account}`, "yes", "no")],
      status: TO_DO,
      // The declared account is granted the role before another one loses it.
      after: [
        ...declared
          .filter((grant) => grant.contract === contract && grant.role === role)
          .map((grant) => grantId(chain.name, grant, declared)),
        ...(pool ? beforeRetirement(chain, now, pool) : []),
      ],
      call: roleCall(chain, now, unexpected, "revokeRole"),
    };
  });
}

function roleCall(
  chain: MeshChain,
  now: ChainState,
  { contract, role, account }: Grant,
  verb: "grantRole" | "revokeRole",
) {
  const args: [string, string] = [roleHash(role), account];
  const data =
    verb === "grantRole"
      ? abi.timelock.encodeFunctionData("grantRole", args)
      : abi.timelock.encodeFunctionData("revokeRole", args);
  const admins = {
    token: now.token.admin,
    timelock: chain.contracts.timelock,
    controller: now.role === "home" ? now.controller.admin : "",
    broadcaster: now.role === "home" ? now.broadcaster.admin : "",
  };
  const to = roleGiver(chain, contract) ?? "";
  return call(admins[contract], `default admin of the ${contract}`, to, data);
}

/**
 * Returns the steps that move shares of a replaced pool to the operations account: after the pool has lost its
 * role, they are stuck. None for less than one token, which any account could send there to delay the rest.
 */
export function recoverySteps(mesh: Mesh, chain: MeshChain, now: ChainState): Step[] {
  const operations = holderOf(mesh, "operations", chain.name);
  return now.previousPools
    .filter((pool) => hasToBeEmptied(pool, now))
    .map(({ address, shares }) => {
      const recovered = sharesProposed(chain, now, { pool: address, to: operations, shares });
      return {
        id: recoveryId(chain, address),
        chain: chain.name,
        title: `recover the tokens of the pool ${address}, which is replaced`,
        changes: [change(`shares on ${address}`, `${shares}`, `${shares - recovered}`)],
        status: TO_DO,
        after: [openingId(chain)],
        call: call(
          now.token.admin,
          "default admin of the token",
          chain.contracts.token,
          abi.token.encodeFunctionData("recoverShares", [address, operations, recovered]),
        ),
      };
    });
}

/** The minimum that is recovered from a replaced pool: one token. */
const WORTH_RECOVERING = 10n ** BigInt(TOKEN_DECIMALS);

/** Returns whether a replaced pool holds so much that it keeps its role until that is recovered. */
export function hasToBeEmptied({ mayMint, shares }: PreviousPool, { token }: ChainState): boolean {
  const { current, next } = token.index;
  const sharesPerToken = current < next ? current : next;
  return mayMint && shares > 0n && shares >= WORTH_RECOVERING * sharesPerToken;
}

/**
 * Returns the shares in an open proposal to recover from a pool, so that later transfers to the pool need no new
 * proposal; all of the pool's shares when there is none.
 */
function sharesProposed(
  { contracts }: MeshChain,
  { proposals }: ChainState,
  { pool, to, shares }: { readonly pool: string; readonly to: string; readonly shares: bigint },
): bigint {
  const proposed = proposals
    .flatMap(({ calls }) => calls)
    .filter(({ target }) => target === contracts.token)
    .flatMap(({ data }) => recoveryIn(data) ?? [])
    .filter((one) => one.from === pool && one.to === to && one.shares <= shares)
    .map((one) => one.shares);
  return proposed.reduce((most, one) => (one > most ? one : most), proposed[0] ?? shares);
}

const recoveryCall = z.tuple([z.string(), z.string(), z.bigint()]);

/** Decodes a recovery call to the token; undefined for any other call. */
function recoveryIn(data: string) {
  try {
    const args = abi.token.decodeFunctionData("recoverShares", data);
    const [from, to, shares] = recoveryCall.parse([...args]);
    return { from, to, shares };
  } catch {
    // A proposal may contain any bytes.
    return undefined;
  }
}

function recoveryId({ name }: Pick<MeshChain, "name">, pool: string): string {
  return `${name}/token/recover ${pool}`;
}

/**
 * Returns the steps before a replaced pool loses its role. Messages in flight do not need it: CCIP uses the pool
 * that its registry names on execution, so messages cannot delay the revocation.
 */
function beforeRetirement(chain: MeshChain, now: ChainState, pool: PreviousPool): string[] {
  return [
    openingId(chain),
    ...(hasToBeEmptied(pool, now) ? [recoveryId(chain, pool.address)] : []),
  ];
}
