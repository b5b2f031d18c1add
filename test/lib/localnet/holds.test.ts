import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { JsonRpcProvider, ZeroAddress } from "ethers";
import type { ChainView, Lane } from "ccip-localnet/protocol";

import { HeldLanes, readHolds, writeHolds } from "../../../lib/localnet/holds";
import type { Hold } from "../../../lib/localnet/holds";

describe("Lanes that another terminal holds", () => {
  let directory: string;
  let lane: Lane<ChainView>;
  let provider: JsonRpcProvider;

  before(() => {
    directory = mkdtempSync(path.join(tmpdir(), "holds-"));
    provider = new JsonRpcProvider("http://127.0.0.1:1", 1, { staticNetwork: true });
    const ccip = { onRamp: ZeroAddress, offRamp: ZeroAddress };
    const chain = (name: string): ChainView => ({ name, selector: 1n, provider, ccip });
    lane = { source: chain("local-home"), destination: chain("local-sat1") };
  });
  afterEach(() => writeHolds(directory, []));
  after(() => {
    provider.destroy();
    rmSync(directory, { recursive: true });
  });

  const cases: { what: string; holds: Hold[]; fault: object }[] = [
    { what: "nothing", holds: [], fault: {} },
    { what: "every lane", holds: [{ what: "everything" }], fault: { hold: true } },
    {
      what: "this lane",
      holds: [{ from: "local-home", to: "local-sat1", what: "everything" }],
      fault: { hold: true },
    },
    {
      what: "what leaves its source, and only the execution",
      holds: [{ from: "local-home", what: "execution" }],
      fault: { holdExecution: true },
    },
    { what: "the way back", holds: [{ from: "local-sat1", what: "everything" }], fault: {} },
    { what: "another lane", holds: [{ to: "local-sat2", what: "everything" }], fault: {} },
  ];
  for (const { what, holds, fault } of cases) {
    it(`are read while the DON runs: ${what}`, () => {
      const faults = new HeldLanes(directory);
      writeHolds(directory, holds);
      expect(faults.of(lane)).to.deep.equal(fault);
      writeHolds(directory, []);
      expect(faults.of(lane)).to.deep.equal({});
    });
  }

  it("come on top of what is wrong with a lane already", () => {
    const faults = new HeldLanes(directory);
    faults.reorder(lane);
    writeHolds(directory, [{ what: "execution" }]);
    expect(faults.of(lane)).to.deep.equal({ reorder: true, holdExecution: true });
  });

  it("stay as they were while their file is broken, which is told whoever changes them (M6)", () => {
    const faults = new HeldLanes(directory);
    writeHolds(directory, [{ what: "everything" }]);
    expect(faults.of(lane)).to.deep.equal({ hold: true });
    const file = path.join(directory, ".localnet", "holds.json");
    writeFileSync(file, "{");
    expect(faults.of(lane)).to.deep.equal({ hold: true });
    expect(() => readHolds(directory)).to.throw(
      `${file} is not a list of held lanes: it ends in the middle. Remove it to hold none.`,
    );
  });
});
