import { z } from "zod";

import { abi } from "../../core/abis";
import { holderOf } from "../../core/mesh/mesh";
import type { MeshChain } from "../../core/mesh/mesh";
import { roleHash } from "../../core/roles";
import { TOKEN_DECIMALS } from "../../core/units";
import type { PlannedChain } from "../planned";
import type { ChainState } from "../state";
import type { Call, Step } from "../step";
import { call, change, stepOn } from "../stepBuilders";
import { administrationsOf } from "./administration";
import { grantsOf, includesGrant } from "./grants";
import type { Grant, RoleGiver } from "./grants";
import { acceptanceId, joinsLate } from "./handover";
import type { PreviousPool } from "./pool/previous";
import { openingId } from "./registry";

/** Returns a step for every declared role on a chain, except those of its timelock and those granted late. */
export function roleSteps(at: PlannedChain): Step[] {
  return grantSteps(at, (grant) => grant.contract !== "timelock" && !isLate(at, grant));
}

/**
 * Returns the step that lets a new pool mint once the timelock owns it; none unless one joins a chain that was
 * handed over before.
 */
export function lateRoleSteps(at: PlannedChain): Step[] {
  return grantSteps(at, (grant) => isLate(at, grant)).map((step) => ({
    ...step,
    after: [acceptanceId(at.chain)],
  }));
}

function isLate({ chain, now }: PlannedChain, { contract, role }: Grant): boolean {
  return contract === "token" && role === "BRIDGE_ROLE" && joinsLate(chain, now);
}

/** Returns a step for every role of a chain's timelock, which grants them itself. */
export function timelockRoleSteps(at: PlannedChain): Step[] {
  return grantSteps(at, ({ contract }) => contract === "timelock");
}

function grantSteps(at: PlannedChain, isIncluded: (grant: Grant) => boolean): Step[] {
  const { mesh, chain, now } = at;
  const declared = grantsOf(mesh, chain);
  return declared.filter(isIncluded).map((grant) => {
    const { contract, role, account } = grant;
    const isHeld = includesGrant(now.held, grant);
    return stepOn(chain, grantName(grant, declared), {
      title: `grant the ${contract}'s ${role} to ${account}`,
      changes: [change(`${role} of ${account}`, isHeld ? "yes" : "no", "yes")],
      call: byAdmin(
        at,
        contract,
        abi.timelock.encodeFunctionData("grantRole", [roleHash(role), account]),
      ),
    });
  });
}

/** Returns the name of the step that grants a role: with the account, unless it is the role's first declared one. */
function grantName({ contract, role, account }: Grant, declared: readonly Grant[]): string {
  const first = declared.find((other) => other.contract === contract && other.role === role);
  return `${contract}/${role}${first?.account === account ? "" : ` ${account}`}`;
}

/** Returns a step for every role of an account that the mesh does not declare. */
export function unexpectedRoleSteps(at: PlannedChain): Step[] {
  const { mesh, chain, now } = at;
  const declared = grantsOf(mesh, chain);
  return now.unexpectedGrants.map(({ contract, role, account }) => {
    const isPools = contract === "token" && role === "BRIDGE_ROLE";
    const pool = isPools && now.previousPools.find(({ address }) => address === account);
    return stepOn(chain, `${contract}/unexpected ${role} ${account}`, {
      title: `take the ${contract}'s ${role} from ${account}, for which the mesh does not declare it`,
      changes: [change(`${role} of ${account}`, "yes", "no")],
      // The declared account is granted the role before another one loses it. Messages in flight do not need a
      // replaced pool: CCIP uses the one that its registry names on execution.
      after: [
        ...declared
          .filter((grant) => grant.contract === contract && grant.role === role)
          .map((grant) => `${chain.name}/${grantName(grant, declared)}`),
        ...(pool ? [openingId(chain)] : []),
        ...(pool && hasToBeEmptied(pool, now) ? [`${chain.name}/${recoveryName(pool)}`] : []),
      ],
      call: byAdmin(
        at,
        contract,
        abi.timelock.encodeFunctionData("revokeRole", [roleHash(role), account]),
      ),
    });
  });
}

/** Returns a call to a contract by its default admin. */
function byAdmin({ chain, now }: PlannedChain, contract: RoleGiver, data: string): Call {
  const { timelock } = chain.contracts;
  const administration = administrationsOf(chain, now).find(({ part }) => part === contract);
  return (
    administration?.call(data) ?? call(timelock, "default admin of the timelock", timelock, data)
  );
}

/**
 * Returns the steps that move shares of a replaced pool to the operations account: after the pool has lost its
 * role, they are stuck. None for less than one token, which any account could send there to delay the rest.
 */
export function recoverySteps(at: PlannedChain): Step[] {
  const { mesh, chain, now } = at;
  const operations = holderOf(mesh, "operations", chain.name);
  return now.previousPools
    .filter((pool) => hasToBeEmptied(pool, now))
    .map((pool) => {
      const { address, shares } = pool;
      const recovered = sharesProposed(chain, now, pool, operations);
      const args: [string, string, bigint] = [address, operations, recovered];
      const data = abi.token.encodeFunctionData("recoverShares", args);
      return stepOn(chain, recoveryName(pool), {
        title: `recover the tokens of the pool ${address}, which is replaced`,
        changes: [change(`shares on ${address}`, `${shares}`, `${shares - recovered}`)],
        after: [openingId(chain)],
        call: byAdmin(at, "token", data),
      });
    });
}

function recoveryName({ address }: PreviousPool): string {
  return `token/recover ${address}`;
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
  { address, shares }: PreviousPool,
  to: string,
): bigint {
  const proposed = proposals
    .flatMap(({ calls }) => calls)
    .filter(({ target }) => target === contracts.token)
    .flatMap(({ data }) => recoveryIn(data) ?? [])
    .filter((one) => one.from === address && one.to === to && one.shares <= shares)
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
