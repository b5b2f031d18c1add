import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";
import hre from "hardhat";

import { apiPages } from "../../scripts/api/generate";

const FOLDER = path.resolve(__dirname, "../../docs/api");

describe("docs/api", () => {
  it("matches the contracts' NatSpec: npm run generate:api writes it", async () => {
    const pages = await apiPages(hre.artifacts);
    expect(readdirSync(FOLDER).sort()).to.deep.equal([...pages.keys()].sort());
    for (const [file, text] of pages) {
      expect(readFileSync(path.join(FOLDER, file), "utf8"), file).to.equal(text);
    }
  });
});
