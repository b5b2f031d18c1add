import { expect } from "chai";
import { ZeroHash } from "ethers";
import type { BaseContract, FunctionFragment, Interface, Signer } from "ethers";
import { loadFixture } from "./fixture";

/** A contract and the actors who try to call it. */
export interface RolesWorld<Actor extends string> {
  readonly contract: BaseContract;
  readonly actors: Readonly<Record<Actor, Signer>>;
}

/** A function of a contract: who may call it, and the error for everyone else. */
export interface FunctionRow<Actor extends string, World extends RolesWorld<Actor>> {
  /** The actors whose call succeeds; `[]` for none. */
  readonly allowed: readonly Actor[];
  /** Arguments of the call, for the address that calls. */
  readonly args?: (caller: string, world: World) => readonly unknown[];
  /** Preparation that the call needs. */
  readonly given?: (world: World) => Promise<unknown>;
  /** The custom error for those who may not, with its arguments. Not needed when everybody may. */
  readonly refusal?: (caller: string, world: World) => readonly [error: string, ...args: unknown[]];
}

/** The refusal of every role-based contract. */
export function missingRole(role: string): (caller: string) => readonly [string, ...unknown[]] {
  return (caller) => ["AccessControlUnauthorizedAccount", caller, role];
}

/**
 * Compares a contract with a table of function x actor, cell by cell. A function that changes state
 * and has no row fails, and so does a row without a function. Functions of one name go by their signatures.
 */
export function shouldAllowExactly<Actor extends string, World extends RolesWorld<Actor>>(
  contractInterface: Interface,
  fixture: () => Promise<World>,
  rows: Readonly<Record<string, FunctionRow<Actor, World>>>,
): void {
  it("has a row for every function that changes state, and for no other [I34]", () => {
    const functions = contractInterface.fragments
      .filter((fragment): fragment is FunctionFragment => fragment.type === "function")
      .filter(({ constant }) => !constant)
      .map((fragment, _, all) =>
        all.some((other) => other !== fragment && other.name === fragment.name)
          ? fragment.format("sighash")
          : fragment.name,
      );
    expect(Object.keys(rows).sort()).to.deep.equal(functions.sort());
  });

  for (const [name, row] of Object.entries(rows)) {
    it(`${name}: ${row.allowed.join(", ") || "nobody"} [G10, I34]`, async () => {
      const world = await loadFixture(fixture);
      await row.given?.(world);
      for (const [actor, signer] of Object.entries<Signer>(world.actors)) {
        const caller = await signer.getAddress();
        const call = world.contract
          .connect(signer)
          .getFunction(name)
          .staticCall(...(row.args?.(caller, world) ?? []));
        if (row.allowed.some((allowed) => allowed === actor)) {
          await expect(call, `${name} by ${actor}`).not.to.be.reverted;
        } else {
          const [error, ...args] = row.refusal?.(caller, world) ?? ["(the table has no refusal)"];
          await expect(call, `${name} by ${actor}`)
            .to.be.revertedWithCustomError(world.contract, error)
            .withArgs(...args);
        }
      }
    });
  }
}

/** The rows of OpenZeppelin's AccessControlDefaultAdminRules, the same wherever it is inherited. */
export function adminRulesRows<Actor extends string, World extends RolesWorld<Actor>>(names: {
  /** The default admin. */
  readonly admin: Actor;
  /** To whom a hand-over of the default admin is under way, its delay over. */
  readonly nextAdmin: Actor;
  readonly everyone: readonly Actor[];
  /** A role to grant, revoke and renounce. */
  readonly role: string;
  readonly account: string;
}): Record<string, FunctionRow<Actor, World>> {
  const { admin, nextAdmin, everyone, role, account } = names;
  const refusal = missingRole(ZeroHash);
  return {
    grantRole: { allowed: [admin], args: () => [role, account], refusal },
    revokeRole: { allowed: [admin], args: () => [role, account], refusal },
    renounceRole: { allowed: everyone, args: (caller) => [role, caller] },
    beginDefaultAdminTransfer: { allowed: [admin], args: () => [account], refusal },
    cancelDefaultAdminTransfer: { allowed: [admin], refusal },
    changeDefaultAdminDelay: { allowed: [admin], args: () => [1], refusal },
    rollbackDefaultAdminDelay: { allowed: [admin], refusal },
    acceptDefaultAdminTransfer: {
      allowed: [nextAdmin],
      refusal: (caller) => ["AccessControlInvalidDefaultAdmin", caller],
    },
  };
}
