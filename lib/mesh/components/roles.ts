import { abi } from "../../core/abis";
import { holderOf } from "../../core/mesh/mesh";
import { roleHash } from "../../core/roles";
import { TOKEN_DECIMALS } from "../../core/units";
import type { PlannedChain } from "../planned";
import type { ChainState } from "../state";
import type { Call, Step } from "../step";
import { call, change, stepOn } from "../stepBuilders";
import { administrationsOf } from "./administration";
import { grantsOf, includesGrant } from "./grants";
import type { Grant, RoleGiver } from "./grants";
import { joinsLate } from "./handover";
import type { PreviousPool } from "./pool/previous";
import { openingId } from "./registry";

/** Returns a step for every declared role on a chain, except those of its timelock and those granted late. */
export function roleSteps(at: PlannedChain): Step[] {
  return grantSteps(at, (grant) => grant.contract !== "timelock" && !isLate(at, grant));
}

/** Returns the step that lets a pool mint that joins a chain after its hand-over, once the timelock owns the pool. */
export function lateRoleSteps(at: PlannedChain): Step[] {
  const after = [`${at.chain.name}/timelock/accept`];
  return grantSteps(at, (grant) => isLate(at, grant)).map((step) => ({ ...step, after }));
}

function isLate(at: PlannedChain, { contract, role }: Grant): boolean {
  return contract === "token" && role === "BRIDGE_ROLE" && joinsLate(at);
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
    const data = abi.timelock.encodeFunctionData("grantRole", [roleHash(role), account]);
    return stepOn(chain, grantName(grant, declared), {
      title: `grant the ${contract}'s ${role} to ${account}`,
      changes: [change(`${role} of ${account}`, isHeld ? "yes" : "no", "yes")],
      // What a receiver takes from another sender or router must not reach the timelock.
      after:
        role === "PROPOSER_ROLE" && account === chain.contracts.proposalReceiver
          ? [`${chain.name}/proposal receiver/router`, `${chain.name}/proposal receiver/source`]
          : [],
      call: byAdmin(at, contract, data),
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
    const data = abi.timelock.encodeFunctionData("revokeRole", [roleHash(role), account]);
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
      call: byAdmin(at, contract, data),
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
      const recovered = sharesProposed(at, pool, operations);
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

/** Returns the shares in an open proposal, so that later transfers to the pool need no new one; else all its shares. */
function sharesProposed(at: PlannedChain, { address, shares }: PreviousPool, to: string): bigint {
  // The shares are the last argument of the call.
  const call = abi.token.encodeFunctionData("recoverShares", [address, to, 0n]);
  const proposed = at.now.proposals
    .flatMap(({ calls }) => calls)
    .filter(({ target, data }) => {
      const isAlike = data.length === call.length && data.startsWith(call.slice(0, -64));
      return target === at.chain.contracts.token && isAlike;
    })
    .map(({ data }) => BigInt(`0x${data.slice(-64)}`))
    .filter((amount) => amount <= shares);
  return proposed.reduce((most, one) => (one > most ? one : most), proposed[0] ?? shares);
}
