import { ZeroHash } from "ethers";
import { z } from "zod";

import { abi } from "../../core/abis";
import type { PreviousPool } from "../previousPools";
import { roleHash } from "../../core/roles";
import { grantId, grantsOf, roleGiver, sameGrant } from "../grants";
import type { Grant, RoleGiver } from "../grants";
import { holderOf } from "../../core/mesh/mesh";
import type { Mesh, MeshChain } from "../../core/mesh/mesh";
import type { ChainState } from "../state";
import type { Step } from "../step";
import { TOKEN_DECIMALS } from "../../core/units";

import { TO_DO, call, change, when } from "./stepBuilders";
import { acceptanceId, joinsLate } from "./handover";
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
      id: grantId(chain.name, grant, grants),
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
 * more, nobody can take it from there. None when nothing lies there but what anybody might drop there to
 * keep the pool its role.
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
        title: `recover what lies on the pool ${address}, which is replaced`,
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

/** Below that, what lies on a pool that was replaced is left there: a whole token. */
const WORTH_RECOVERING = 10n ** BigInt(TOKEN_DECIMALS);

/** Whether so much lies on a pool that was replaced that it does not lose its role before it is recovered. */
export function hasToBeEmptied({ mayMint, shares }: PreviousPool, { token }: ChainState): boolean {
  const { current, next } = token.index;
  const sharesPerToken = current < next ? current : next;
  return mayMint && shares > 0n && shares >= WORTH_RECOVERING * sharesPerToken;
}

/**
 * How many shares of those on a pool the timelock was asked already to recover: what is dropped there while
 * that proposal waits makes no new one necessary. All of them when it was not asked for any.
 */
function sharesProposed(
  { contracts }: MeshChain,
  { proposals }: ChainState,
  { pool, to, shares }: { readonly pool: string; readonly to: string; readonly shares: bigint },
): bigint {
  const asked = proposals
    .flatMap(({ calls }) => calls)
    .filter(({ target }) => target === contracts.token)
    .flatMap(({ data }) => recoveryIn(data) ?? [])
    .filter((one) => one.from === pool && one.to === to && one.shares <= shares)
    .map((one) => one.shares);
  return asked.reduce((most, one) => (one > most ? one : most), asked[0] ?? shares);
}

const recoveryCall = z.tuple([z.string(), z.string(), z.bigint()]);

/** The recovery that a call to the token makes; undefined when it makes none. */
function recoveryIn(data: string) {
  try {
    const call = abi.token.decodeFunctionData("recoverShares", data);
    const [from, to, shares] = recoveryCall.parse([...call]);
    return { from, to, shares };
  } catch {
    // Anything may be proposed to a timelock, well formed or not.
    return undefined;
  }
}

function recoveryId({ name }: Pick<MeshChain, "name">, pool: string): string {
  return `${name}/token/recover ${pool}`;
}

/**
 * The steps ahead of the one by which a pool that was replaced loses its role: it is used no more. Nothing
 * in flight needs the role: CCIP takes the pool that its registry names when a message is executed, and
 * what the old pool has sent is taken by the pools of the others. So no message can delay this.
 */
function beforeRetirement(chain: MeshChain, now: ChainState, pool: PreviousPool): string[] {
  return [
    openingId(chain),
    ...(hasToBeEmptied(pool, now) ? [recoveryId(chain, pool.address)] : []),
  ];
}

/** A step for every role that somebody has whom the mesh does not name; none when nobody has. */
export function unexpectedRoleSteps(mesh: Mesh, chain: MeshChain, now: ChainState): Step[] {
  const declared = grantsOf(mesh, chain);
  return now.unexpectedGrants.map((unexpected) => {
    const { contract, role, account } = unexpected;
    const pool =
      contract === "token" && role === "BRIDGE_ROLE"
        ? now.previousPools.find(({ address }) => address === account)
        : undefined;
    return {
      id: `${chain.name}/${contract}/stray ${role} ${account}`,
      chain: chain.name,
      title: `take the ${contract}'s ${role} from ${account}, whom the mesh does not name for it`,
      changes: [change(`${role} of ${account}`, "yes", "no")],
      status: { kind: "todo" },
      // Whoever shall have a role has it before another one loses it.
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
