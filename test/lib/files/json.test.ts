import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { keeperOptionsOf } from "../../../lib/rebase/keeperOptions";
import { DeploymentStore } from "../../../lib/deployments/store";
import { readPlanFile } from "../../../lib/cli/mesh/planFile";
import { requireDeployed } from "../../../lib/mesh/open";

const RECORD = JSON.stringify(
  { address: `0x${"a1".repeat(20)}`, abi: [{ type: "constructor", inputs: [] }], args: ["}{"] },
  undefined,
  2,
);

/** Ways in which files get broken, and what is said of each as a record of a deployment. */
const BROKEN: [what: string, text: string, says: string][] = [
  ["cut in the middle", RECORD.slice(0, 60), "it ends in the middle"],
  ["cut within a text", RECORD.slice(0, 20), "it ends in the middle"],
  ["cut before its last bracket", RECORD.slice(0, -1), "it ends in the middle"],
  ["empty", "", "it is empty"],
  ["of blanks", " \n", "it is empty"],
  ["that is no JSON", "<html></html>", "it is not JSON"],
  ["that is an array", "[]", "Invalid input: expected object, received array"],
  ["with a wrong address", RECORD.replace("0xa1", "0xa"), "address: is not an address"],
  [
    "without an address",
    '{ "abi": [] }',
    "address: Invalid input: expected string, received undefined",
  ],
  [
    "without an ABI",
    RECORD.replace('"abi"', '"abj"'),
    "abi: Invalid input: expected array, received undefined",
  ],
];

describe("A JSON file that is broken", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "json-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  for (const [what, text, says] of BROKEN) {
    it(`is reported with the mistake and the way to restore it: a record ${what}`, () => {
      const network = path.join(folder, "mine/base-sepolia");
      const file = path.join(network, "TimelockController.json");
      mkdirSync(network, { recursive: true });
      writeFileSync(file, text);
      const message = `${file} is not a record of a deployment: ${says}. Get it back with "git restore ${file}"; if it was never committed, remove it and deploy again.`;
      expect(() => new DeploymentStore(network).find("TimelockController")).to.throw(message);
      const config = { home: "ethereum-sepolia" };
      expect(() => requireDeployed(config, "base-sepolia", path.join(folder, "mine"))).to.throw(
        message,
      );
    });
  }

  it("is restored from one side of a merge conflict, from which Git restores nothing", () => {
    const file = path.join(folder, "TimelockController.json");
    writeFileSync(file, RECORD.replace("\n", "\n<<<<<<< HEAD\n"));
    expect(() => new DeploymentStore(folder).find("TimelockController")).to.throw(
      `${file} is not a record of a deployment: it holds a merge conflict, in line 2. Keep the side that is in use with "git restore --ours ${file}" or "git restore --theirs ${file}"; if it was committed like this, get an earlier one back with "git restore --source <commit> ${file}".`,
    );
  });

  it("is restored by a fresh start when it belongs to a local network", () => {
    const network = path.join(folder, "local/local-home");
    mkdirSync(network, { recursive: true });
    writeFileSync(path.join(network, "RebaseToken.json"), "{");
    expect(() => new DeploymentStore(network).find("RebaseToken")).to.throw(
      /: it ends in the middle\. Start the local network again\.$/,
    );
  });

  it("is reported as a plan", () => {
    const file = path.join(folder, "plan.json");
    writeFileSync(file, '{ "version": 2, ');
    expect(() => readPlanFile(file)).to.throw(
      `${file} is not a plan: it ends in the middle. Write one with "mesh plan --out ${file}".`,
    );
    expect(() => readPlanFile(`${file}x`)).to.throw(`There is no plan in ${file}x`);
  });

  it("is reported as a policy, not as a missing file", () => {
    const file = path.join(folder, "policy.json");
    writeFileSync(file, '{ "annualPercent": "4.5"');
    expect(() => keeperOptionsOf({ policy: file }, {})).to.throw(
      `${file} is not a policy: it ends in the middle.`,
    );
  });

  it("is a folder, or is not readable", () => {
    mkdirSync(path.join(folder, "RebaseToken.json"));
    expect(() => new DeploymentStore(folder).find("RebaseToken")).to.throw(
      "RebaseToken.json is not a record of a deployment: it cannot be read (EISDIR)",
    );
  });

  it("is not a missing one", () => {
    expect(new DeploymentStore(folder).find("RebaseToken")).to.equal(undefined);
  });
});
