import { expect } from "chai";

import { threatReport } from "../../scripts/threats/rows";
import { solidityTestsIn, testsIn } from "../../scripts/threats/titles";

const PAGE = `
| id | threat | must hold |
| -- | ------ | --------- |
| A1 | one    | this      |
| B2 | two    | that      |
`;

describe("docs/threats.md", () => {
  it("has a test for every row, or the reason why there is none", () => {
    const { rows, faults } = threatReport();
    expect(faults).to.deep.equal([]);
    expect(rows, "a row that goes, or comes, changes this number too").to.have.length(182);
  });
});

describe("npm run threats", () => {
  const source = (title: string, test = "it") =>
    testsIn("a.test.ts", `describe("All", () => { ${test}(${title}, () => {}); });`);

  it("finds the ids at the end of a title, and of its groups' titles", () => {
    const tests = testsIn(
      "a.test.ts",
      "describe(`All [A1]`, () => { for (const x of y) it(`holds ${x} [B2]`, () => {}); });",
    );
    expect(threatReport(PAGE, tests, {}).faults).to.deep.equal([]);
    const { rows } = threatReport(PAGE, source('"holds [A1, B2]"'), {});
    expect(rows.map(({ tests: found }) => found.length)).to.deep.equal([1, 1]);
  });

  it("finds them in the names and comments of tests and invariants in Solidity", () => {
    const tests = solidityTestsIn(
      "a.t.sol",
      "  function invariant_A1_sum() external {}\n\n  /// @notice B2, A1: holds,\n  /// always.\n  function testFuzz_b(uint256) external {}\n",
    );
    expect(tests.map(({ line }) => line)).to.deep.equal([1, 5]);
    expect(threatReport(PAGE, tests, {}).faults).to.deep.equal([]);
  });

  it("finds the invariants of the chaos run", () => {
    const tests = testsIn(
      "invariants.ts",
      'const ALL = [{ id: "A1", says: "adds up" }, { id: "B2", says: "holds", check }, { id: "all", says: "it" }];',
    );
    expect(tests).to.have.length(2);
    expect(threatReport(PAGE, tests, {}).faults).to.deep.equal([]);
  });

  for (const [what, tests, reasons, fault] of [
    ["a row without a test", source('"holds [A1]"'), {}, /^B2 has no test \(two: that\)/],
    ["an id in the middle of a title", source('"holds [B2] always [A1]"'), {}, /^B2 has no test/],
    ["a test that is skipped", source('"holds [A1, B2]"', "it.skip"), {}, /^A1 has no test/],
    ["an id that is no row", source('"holds [A1, B2, C3]"'), {}, /^C3 at a\.test\.ts:1 is no row/],
    [
      "a reason for a row with a test",
      source('"holds [A1, B2]"'),
      { B2: "hard" },
      /^B2 has a test/,
    ],
    ["a reason without a row", source('"holds [A1, B2]"'), { C3: "hard" }, /^C3 .* is no row/],
  ] as const) {
    it(`reports ${what}`, () => {
      const [first, ...others] = threatReport(PAGE, tests, reasons).faults;
      expect(first).to.match(fault);
      expect(others.length).to.equal(what === "a test that is skipped" ? 1 : 0);
    });
  }

  it("accepts a row with a reason", () => {
    expect(threatReport(PAGE, source('"holds [A1]"'), { B2: "hard" }).faults).to.deep.equal([]);
  });
});
