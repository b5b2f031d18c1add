import { readFileSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";
import hre from "hardhat";

import { readingBuildsOnce } from "../../lib/hardhat/artifacts";
import { surfaceOf, unnamedBreaks, updated } from "../../scripts/surface/abi";
import type { Surface } from "../../scripts/surface/abi";
import {
  committedContracts,
  committedSurface,
  compiledSurfaces,
} from "../../scripts/surface/files";

const CHANGELOG = readFileSync(path.resolve(__dirname, "../../CHANGELOG.md"), "utf8");

describe("config/abi", () => {
  it("matches the compiled ABI and storage of every contract: npm run generate:abi writes it", async () => {
    const surfaces = await readingBuildsOnce(hre, () => compiledSurfaces(hre.artifacts));
    expect([...surfaces.keys()]).to.include.members(["RebaseToken", "RebaseReceiver", "ShareMath"]);
    for (const [contract, compiled] of surfaces) {
      const committed = committedSurface(contract);
      expect(committed, contract).to.deep.equal(updated(committed, compiled));
      expect(committed, contract).not.to.equal(undefined);
    }
  });

  it('has no removed line that CHANGELOG.md does not name under "Breaking"', () => {
    for (const contract of committedContracts()) {
      const committed = committedSurface(contract);
      expect(committed && unnamedBreaks(contract, committed, CHANGELOG), contract).to.deep.equal(
        [],
      );
    }
  });

  const before: Surface = {
    abi: ["error Refused(uint256 value)", "event Moved(address indexed by)", "function go(uint8)"],
    storage: ["slot 0, byte 0: address s_first", "slot 0, byte 20: uint64 s_second"],
    removed: [],
  };

  describe("a change that breaks", () => {
    const changes: [
      what: string,
      change: (line: string) => string[],
      removed: string,
      name: string,
    ][] = [
      ["a function is removed", without("go"), "function go(uint8)", "go"],
      ["a function takes another type", withPart("uint8", "uint16"), "function go(uint8)", "go"],
      ["an event is no longer indexed", withPart(" indexed", ""), before.abi[1] ?? "", "Moved"],
      ["an error is removed", without("Refused"), before.abi[0] ?? "", "Refused"],
      ["a variable moves", withPart("byte 20", "byte 24"), before.storage[1] ?? "", "s_second"],
      [
        "a variable has another type",
        withPart("uint64", "int64"),
        before.storage[1] ?? "",
        "s_second",
      ],
      ["a variable is removed", without("s_first"), before.storage[0] ?? "", "s_first"],
    ];
    for (const [what, change, removed, name] of changes) {
      it(`stays in the file until it is named: ${what}`, () => {
        const compiled = {
          abi: before.abi.flatMap(change),
          storage: before.storage.flatMap(change),
          removed: [],
        };
        const once = updated(before, compiled);
        expect(once.removed).to.deep.equal([removed]);
        // Generated a second time, it is not forgotten.
        const twice = updated(once, compiled);
        expect(twice).to.deep.equal(once);

        const named = (entry: string) =>
          unnamedBreaks("Mover", twice, `# Changelog\n\n## Unreleased\n\n${entry}\n\n## 0.1.0\n`);
        expect(named(`### Breaking\n\n- Mover: \`${name}\` is another.`)).to.deep.equal([]);
        for (const entry of [
          `### Changed\n\n- Mover: \`${name}\` is another.`,
          "### Breaking\n\n- Mover: something.",
          `### Breaking\n\n- Another: \`${name}\` is another.`,
          `### Breaking\n\n- Mover: something.\n- Another: \`${name}\`.\n\n### Fixed\n\n- Mover: ${name}.`,
        ]) {
          expect(named(entry), entry).to.deep.equal([removed]);
        }
      });
    }
  });

  it("takes what is only added without a word in the changelog", () => {
    const compiled = { ...before, abi: [...before.abi, "function more()"] };
    expect(updated(before, compiled)).to.deep.equal(compiled);
    expect(updated(undefined, before)).to.deep.equal(before);
  });

  it("forgets a removal that is taken back", () => {
    const shorter = { ...before, abi: before.abi.slice(1) };
    expect(updated(updated(before, shorter), before)).to.deep.equal(before);
  });

  it("writes a line for each function, event, error and variable", () => {
    const surface = surfaceOf(
      [
        {
          type: "function",
          name: "go",
          stateMutability: "view",
          inputs: [],
          outputs: [{ type: "uint8", name: "" }],
        },
        { type: "error", name: "Refused", inputs: [{ type: "uint256", name: "value" }] },
      ],
      {
        storage: [{ label: "s_first", slot: "2", offset: 4, type: "t_uint64" }],
        types: { t_uint64: { label: "uint64" } },
      },
    );
    expect(surface).to.deep.equal({
      abi: ["error Refused(uint256 value)", "function go() view returns (uint8)"],
      storage: ["slot 2, byte 4: uint64 s_first"],
      removed: [],
    });
  });
});

/** Leaves out the line that names something. */
function without(name: string): (line: string) => string[] {
  return (line) => (line.includes(name) ? [] : [line]);
}

/** Changes a part of the line that has it. */
function withPart(part: string, instead: string): (line: string) => string[] {
  return (line) => [line.replace(part, instead)];
}
