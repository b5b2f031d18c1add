import { expect } from "chai";

import { measureBridging } from "../../scripts/bench/bridging";
import { markdownOf, partOf } from "../../scripts/bench/documents";
import { bridgeTable } from "../../scripts/bench/tables";

describe("Benchmarks of transfers in the README: npm run bench -- --write updates them", () => {
  it("compare our pool with the released one as both measure now, on either version of CCIP", async () => {
    const bridging = { "2.0": await measureBridging("2.0"), "1.6": await measureBridging("1.6") };
    expect(partOf("peers")).to.include(await markdownOf([bridgeTable(bridging)]));
  });
});
