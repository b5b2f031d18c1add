import { expect } from "chai";

import { parseLaneVersions } from "../../../lib/localnet/versions";

const CHAINS = ["local-home", "local-sat1", "local-sat2"];

describe("The CCIP versions of a local network's lanes", () => {
  for (const [text, lanes] of [
    ["2.0", []],
    ["2.0,local-sat2=1.6", ["local-home local-sat2 1.6", "local-sat1 local-sat2 1.6"]],
    ["1.6, local-home=2.0", ["local-home local-sat1 2.0", "local-home local-sat2 2.0"]],
    [
      "2.0,local-sat1=1.6,local-sat2=1.6",
      ["local-home local-sat1 1.6", "local-home local-sat2 1.6", "local-sat1 local-sat2 1.6"],
    ],
  ] as const) {
    it(`${text}: ${lanes.join(", ") || "the same for all"}`, () => {
      const versions = parseLaneVersions(text, CHAINS);
      expect(versions.ccip).to.equal(text.slice(0, 3));
      expect(versions.lanes.map(({ from, to, ccip }) => `${from} ${to} ${ccip}`)).to.deep.equal(
        lanes,
      );
    });
  }

  for (const [text, mistake] of [
    ["1.5", '"1.5" is not a version of CCIP that runs here: write 1.6 or 2.0.'],
    ["2.0,local-sat2=1.5", '"1.5" is not a version of CCIP that runs here'],
    ["2.0,local-sat3=1.6", '"local-sat3=1.6" names no chain of the local network'],
    ["2.0,1.6", '"1.6" names no chain of the local network'],
    [
      "2.0,local-sat1=1.6,local-sat2=2.0",
      "The lane between local-sat1 and local-sat2 cannot run CCIP 1.6 and CCIP 2.0",
    ],
  ] as const) {
    it(`refuses ${text}`, () => {
      expect(() => parseLaneVersions(text, CHAINS)).to.throw(mistake);
    });
  }
});
