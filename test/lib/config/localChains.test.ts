import { readFileSync } from "node:fs";

import { expect } from "chai";

import { MAX_LOCAL_CHAINS, localChain, localChains } from "../../../config/localChains";

/** Chain ids and selectors of every live chain that Chainlink Local knows. */
function liveChains(): { chainIds: Set<string>; selectors: Set<string> } {
  const source = readFileSync(require.resolve("@chainlink/local/src/ccip/Register.sol"), "utf8");
  const all = (pattern: RegExp): Set<string> =>
    new Set([...source.matchAll(pattern)].map((match) => match[1] ?? ""));
  return {
    chainIds: all(/s_networkDetails\[(\d+)\] =/g),
    selectors: all(/chainSelector: (\d+)/g),
  };
}

describe("local chains", () => {
  const every = localChains(MAX_LOCAL_CHAINS);

  it("use no live chain's id or selector", () => {
    const { chainIds, selectors } = liveChains();
    expect(chainIds.size).to.be.greaterThan(100);
    expect(selectors.size).to.be.greaterThan(100);
    for (const { chainId, selector } of every) {
      expect(chainIds.has(String(chainId))).to.equal(false);
      expect(selectors.has(String(selector))).to.equal(false);
    }
  });

  it("differ from each other", () => {
    for (const key of ["name", "chainId", "selector"] as const) {
      expect(new Set(every.map((chain) => chain[key])).size).to.equal(every.length);
    }
  });

  it("are one home and satellites", () => {
    expect(localChains(3).map(({ name, role }) => `${name} ${role}`)).to.deep.equal([
      "local-home home",
      "local-sat1 satellite",
      "local-sat2 satellite",
    ]);
  });

  it("have fixed selectors of eight bytes", () => {
    expect(localChain(0).selector).to.be.within(1n, 2n ** 64n - 1n);
  });

  for (const count of [0, -1, 1.5, MAX_LOCAL_CHAINS + 1]) {
    it(`cannot be ${count} in number`, () => {
      expect(() => localChains(count)).to.throw(RangeError, String(count));
    });
  }
});
