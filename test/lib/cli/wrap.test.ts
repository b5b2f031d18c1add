import { expect } from "chai";

import { wrap } from "../../../lib/cli/text";

describe("Wrapping text", () => {
  const words = Array.from({ length: 40 }, (_, i) => `word${i}`).join(" ");

  it("keeps within a terminal, and loses nothing", () => {
    const lines = wrap(words, "    ");
    expect(lines.length).to.be.greaterThan(1);
    for (const line of lines) expect(line.length).to.be.at.most(100);
    expect(lines.map((line) => line.trim()).join(" ")).to.equal(words);
    expect(lines[1]).to.match(/^ {6}word/);
  });

  it("keeps a word that is too long whole, and a short text unchanged", () => {
    expect(wrap(`a ${"x".repeat(120)}`)).to.deep.equal(["a", `  ${"x".repeat(120)}`]);
    expect(wrap("short", "  ")).to.deep.equal(["  short"]);
  });
});
