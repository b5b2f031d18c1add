import { expect } from "chai";

import { LocalnetOptionsError, planNetwork } from "../src";
import type { NetworkOptions } from "../src";

describe("The plan of a network", () => {
  it("gives every chain a name, an id, a selector and a port", () => {
    const { chains, lanes } = planNetwork({ chains: 3, port: 8_545 });
    expect(chains.map(({ name, chainId, port }) => [name, chainId, port])).to.deep.equal([
      ["chain-1", 1_337_133_700, 8_545],
      ["chain-2", 1_337_133_701, 8_546],
      ["chain-3", 1_337_133_702, 8_547],
    ]);
    expect(new Set(chains.map(({ selector }) => selector)).size).to.equal(3);
    expect(lanes).to.have.length(6);
    expect(lanes.every(({ ccip }) => ccip === "2.0")).to.equal(true);
  });

  it("uses the versions that each chain's lanes need, the newest first", () => {
    const lanes = [{ from: "chain-1", to: "chain-2", ccip: "1.6", oneWay: true }] as const;
    const plan = planNetwork({ chains: 3, lanes });
    expect(plan.chains.map(({ versions }) => versions)).to.deep.equal([
      ["2.0", "1.6"],
      ["2.0", "1.6"],
      ["2.0"],
    ]);
    expect(plan.lanes.filter(({ ccip }) => ccip === "1.6")).to.deep.equal([
      { from: "chain-1", to: "chain-2", ccip: "1.6" },
    ]);
  });

  const refused: [what: string, options: NetworkOptions, message: string][] = [
    ["no chain", { chains: 0 }, "Cannot run 0 chains: name a whole number from 1 to 16."],
    ["half a chain", { chains: 1.5 }, "Cannot run 1.5 chains"],
    ["17 chains", { chains: 17 }, "Cannot run 17 chains"],
    ["a name twice", { chains: [{ name: "a" }, { name: "a" }] }, "both have the name a"],
    ["an id twice", { chains: [{ chainId: 5 }, { chainId: 5 }] }, "both have the chainId 5"],
    ["a port twice", { chains: [{ port: 81 }, { port: 81 }] }, "both have the port 81"],
    ["a name with a blank", { chains: [{ name: "a b" }] }, '"a b" is not a chain name'],
    ["a selector of 0", { chains: [{ selector: 0n }] }, "0 is not a CCIP selector for chain-1"],
    ["a port too high", { chains: 2, port: 65_535 }, "65536 is not a port for chain-2"],
    ["a negative id", { chains: [{ chainId: -1 }] }, "-1 is not a chain id for chain-1"],
    [
      "a lane to nowhere",
      { lanes: [{ from: "chain-1", to: "chain-9", ccip: "1.6" }] },
      'There is no chain "chain-9" in this network: use chain-1, chain-2.',
    ],
    [
      "a lane to itself",
      { lanes: [{ from: "chain-1", to: "chain-1", ccip: "1.6" }] },
      "The lane chain-1:chain-1 begins and ends on one chain: name two.",
    ],
  ];
  for (const [what, options, message] of refused) {
    it(`refuses ${what}`, () => {
      expect(() => planNetwork(options)).to.throw(LocalnetOptionsError, message);
    });
  }
});
