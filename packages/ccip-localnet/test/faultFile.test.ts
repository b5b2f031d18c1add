import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { JsonRpcProvider, ZeroAddress } from "ethers";

import {
  RequestedFaults,
  WiderFaultError,
  addFault,
  clearFaults,
  readFaults,
  writeFaults,
} from "../src";
import type { FaultRequest, LaneFault } from "../src";
import type { ChainView, Lane } from "../src/protocol";

describe("Faults requested from another terminal", () => {
  let directory: string;
  let lane: Lane<ChainView>;
  let provider: JsonRpcProvider;

  before(() => {
    directory = mkdtempSync(path.join(tmpdir(), "faults-"));
    provider = new JsonRpcProvider("http://127.0.0.1:1", 1, { staticNetwork: true });
    const ccip = { onRamp: ZeroAddress, offRamp: ZeroAddress };
    const chain = (name: string): ChainView => ({ name, selector: 1n, provider, ccip });
    lane = { source: chain("a"), destination: chain("b") };
  });
  afterEach(() => writeFaults(directory, []));
  after(() => {
    provider.destroy();
    rmSync(directory, { recursive: true });
  });

  const hold: LaneFault = { hold: true };
  const cases: { of: string; requests: FaultRequest[]; fault: LaneFault }[] = [
    { of: "no lane", requests: [], fault: {} },
    { of: "every lane", requests: [{ fault: hold }], fault: hold },
    { of: "this lane", requests: [{ from: "a", to: "b", fault: hold }], fault: hold },
    {
      of: "what leaves its source",
      requests: [{ from: "a", fault: { executorGas: 200_000n } }],
      fault: { executorGas: 200_000n },
    },
    { of: "the lane back", requests: [{ from: "b", fault: hold }], fault: {} },
    { of: "another lane", requests: [{ to: "c", fault: hold }], fault: {} },
    {
      of: "every lane, and one more of this lane",
      requests: [{ fault: { reorder: true } }, { to: "b", fault: { delay: { rounds: 2 } } }],
      fault: { reorder: true, delay: { rounds: 2 } },
    },
  ];
  for (const { of, requests, fault } of cases) {
    it(`are read while the network runs: ${of}`, () => {
      const faults = new RequestedFaults(directory);
      writeFaults(directory, requests);
      expect(faults.of(lane)).to.deep.equal(fault);
      writeFaults(directory, []);
      expect(faults.of(lane)).to.deep.equal({});
    });
  }

  it("add to a lane's existing faults", () => {
    const faults = new RequestedFaults(directory);
    faults.reorder(lane);
    addFault(directory, {}, { drop: true });
    expect(faults.of(lane)).to.deep.equal({ reorder: true, drop: true });
  });

  it("are merged on the same lanes; the last kind of hold applies", () => {
    const faults = new RequestedFaults(directory);
    addFault(directory, { from: "a" }, { hold: true });
    addFault(directory, { from: "a" }, { verifierDown: true });
    expect(faults.of(lane)).to.deep.equal({ hold: true, verifierDown: true });
    addFault(directory, { from: "a" }, { holdExecution: true });
    expect(faults.of(lane)).to.deep.equal({ holdExecution: true, verifierDown: true });
  });

  it("are kept apart where they end on other chains", () => {
    const faults = new RequestedFaults(directory);
    addFault(directory, { from: "a", to: "c" }, { drop: true });
    addFault(directory, { from: "a", to: "b" }, { reorder: true });
    expect(faults.of(lane)).to.deep.equal({ reorder: true });
    expect(clearFaults(directory, { to: "c" })).to.equal(true);
    expect(readFaults(directory)).to.deep.equal([{ from: "a", to: "b", fault: { reorder: true } }]);
  });

  it("are cleared with all lanes that they were requested for", () => {
    addFault(directory, { from: "a" }, hold);
    expect(() => clearFaults(directory, { from: "a", to: "b" })).to.throw(
      WiderFaultError,
      "a -> b is part of a fault on a -> every chain: clear all of that.",
    );
    expect(clearFaults(directory, { from: "b" })).to.equal(false);
    expect(clearFaults(directory)).to.equal(true);
    expect(readFaults(directory)).to.deep.equal([]);
  });

  it("stay unchanged while their file is broken, which each change reports", () => {
    const faults = new RequestedFaults(directory);
    addFault(directory, {}, hold);
    expect(faults.of(lane)).to.deep.equal(hold);
    const file = path.join(directory, "faults.json");
    writeFileSync(file, "{");
    expect(faults.of(lane)).to.deep.equal(hold);
    expect(() => readFaults(directory)).to.throw(
      `${file} is not a list of faults; remove it to have none: it is not JSON.`,
    );
  });
});
