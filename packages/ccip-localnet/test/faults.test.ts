import { expect } from "chai";
import { JsonRpcProvider, ZeroAddress } from "ethers";

import { Faults } from "../src";
import type { ChainView, Lane } from "../src/protocol";

describe("The faults of a lane", () => {
  const provider = new JsonRpcProvider("http://127.0.0.1:1", 1, { staticNetwork: true });
  after(() => provider.destroy());

  const ccip = { onRamp: ZeroAddress, offRamp: ZeroAddress };
  const chain = (name: string): ChainView => ({ name, selector: 1n, provider, ccip });
  const lane = (source: string, destination: string): Lane<ChainView> => ({
    source: chain(source),
    destination: chain(destination),
  });

  it("add up until it is sound again, and leave the other lanes alone", () => {
    const faults = new Faults();
    faults.delay(lane("a", "b"), { rounds: 2 });
    faults.reorder(lane("a", "b"));
    faults.hold(lane("b", "a"));
    expect(faults.of(lane("a", "b"))).to.deep.equal({ delay: { rounds: 2 }, reorder: true });
    expect(faults.of(lane("a", "c"))).to.deep.equal({});
    faults.clear(lane("a", "b"));
    expect(faults.of(lane("a", "b"))).to.deep.equal({});
    expect(faults.of(lane("b", "a"))).to.deep.equal({ hold: true });
    faults.clear();
    expect(faults.of(lane("b", "a"))).to.deep.equal({});
  });
});
