import { expect } from "chai";
import { ZeroHash } from "ethers";
import type { FunctionFragment, Interface, ParamType } from "ethers";

import { abi } from "../../lib/core/abis";
import { chainsOf } from "../../lib/core/mesh/mesh";
import type { Mesh } from "../../lib/core/mesh/mesh";
import { operationsOf } from "../shared/callTrace";
import { completeWorld } from "../shared/world";

/** Operations that change the state, say something or make a contract. */
const CHANGES = /^(SSTORE|TSTORE|LOG\d|CREATE2?|SELFDESTRUCT|CALL|CALLCODE)$/;

describe("Views of a mesh with every contract", () => {
  let mesh: Mesh;
  before(async () => {
    ({ mesh } = await completeWorld());
  });

  for (const contract of Object.keys(abi) as (keyof typeof abi)[]) {
    // A mesh has one kind of pool, and the other one has the same views and two more.
    if (contract === "containedPool") continue;
    it(`of the ${contract} change nothing, write no log and call nobody who could [I9]`, async () => {
      const known: Interface = abi[contract];
      const views = viewsOf(known);
      expect(views).to.not.be.empty;
      let [called, answered] = [0, 0];
      for (const chain of chainsOf(mesh)) {
        const to = new Map<string, string>(Object.entries(chain.contracts)).get(contract);
        if (to === undefined) continue;
        for (const view of views) {
          const args = view.inputs.map((input) => argumentFor(input, mesh, to));
          const data = known.encodeFunctionData(view, args);
          const { operations, failed } = await operationsOf({ to, data });
          expect(operations, view.format("sighash")).to.not.be.empty;
          expect(
            operations.filter((operation) => CHANGES.test(operation)),
            view.format("sighash"),
          ).to.deep.equal([]);
          called += 1;
          if (!failed) answered += 1;
        }
      }
      // Some revert for an unknown round, nonce or direction.
      expect(answered / called, `${answered} of ${called} answer`).to.be.above(0.6);
    });
  }
});

function viewsOf(contract: Interface): FunctionFragment[] {
  const views: FunctionFragment[] = [];
  contract.forEachFunction((fragment) => {
    if (fragment.constant) views.push(fragment);
  });
  return views;
}

/** An argument of a type that a view can be asked with. */
function argumentFor({ baseType, type, components }: ParamType, mesh: Mesh, to: string): unknown {
  if (baseType === "array") return [];
  if (baseType === "tuple") return (components ?? []).map((one) => argumentFor(one, mesh, to));
  if (type === "address") return to;
  if (type === "bool") return false;
  if (type === "string") return "";
  if (type === "bytes") return "0x";
  if (type.startsWith("bytes")) return ZeroHash.slice(0, 2 + 2 * Number(type.slice(5)));
  return type === "uint64" ? mesh.satellites[0]?.selector : 1n;
}
