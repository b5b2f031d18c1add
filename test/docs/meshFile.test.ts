import { readFileSync } from "node:fs";
import path from "node:path";
import { runInNewContext } from "node:vm";

import { expect } from "chai";

import testnet from "../../config/meshes/testnet";
import { parseMesh } from "../../lib/core/mesh/parse";
import type { MeshInput } from "../../lib/core/mesh/schema";

const PAGE = readFileSync(path.resolve(__dirname, "../../docs/mesh-file.md"), "utf8");

describe("docs/mesh-file.md", () => {
  it("shows sections that the testnet mesh may have, and describes each", () => {
    const [, block = ""] = /```ts\n([^]*?)```/.exec(PAGE) ?? [];
    const text = block.replaceAll("0x…", `0x${"11".repeat(20)}`);
    const sections = runInNewContext(`({ ${text} })`) as Partial<MeshInput>;
    const parsed = parseMesh({ ...testnet, ...sections });
    const names = Object.keys(sections);
    expect(names).to.have.members([
      "listeners",
      "rateFeed",
      "wrapper",
      "receiver",
      "proposals",
      "governance",
      "chains",
    ]);
    expect(parsed).to.include.keys(names);
    const headings = [...PAGE.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading).join();
    for (const name of names.filter((one) => one !== "chains")) expect(headings).to.include(name);
  });
});
