import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { meshByName, meshNames, meshOfNetwork } from "../../../config/meshes";

const TESTNET = JSON.stringify(path.resolve(__dirname, "../../../config/meshes/testnet"));

/** A mesh file that names base-sepolia, as testnet does, and polygon-amoy, as no other does. */
const meshNamed = (name: string, exported = "export default ") => `
import testnet from ${TESTNET};
const { pairs, ...lanes } = testnet.lanes;
const chains = { home: "ethereum-sepolia", satellites: ["base-sepolia", "polygon-amoy"], ready: [] };
${exported}{ ...testnet, ...chains, name: "${name}", lanes, chains: {} };
`;

describe("Mesh files", () => {
  let folder: string;
  const { MESHES_DIRECTORY: before } = process.env;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "meshes-"));
    process.env.MESHES_DIRECTORY = folder;
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
    if (before === undefined) delete process.env.MESHES_DIRECTORY;
    else process.env.MESHES_DIRECTORY = before;
  });

  const write = (name: string, text: string) => writeFileSync(path.join(folder, name), text);

  for (const [what, exported] of [
    ["a default", "export default "],
    ["one of any name", "export const dollar = "],
    ["a function that makes it", "export default () => ("],
  ] as const) {
    it(`are found automatically, whatever they export: ${what}`, () => {
      const text = meshNamed("mine", exported);
      write("mine.ts", exported.endsWith("(") ? text.replace(/};\s*$/, "});\n") : text);
      expect(meshNames()).to.include.members(["local", "mine", "testnet"]);
      expect(meshByName("mine").satellites).to.deep.equal(["base-sepolia", "polygon-amoy"]);
      const { config, role } = meshOfNetwork("polygon-amoy");
      expect([config.name, role]).to.deep.equal(["mine", "satellite"]);
    });
  }

  it("that name the same network are selected by --mesh", () => {
    write("mine.ts", meshNamed("mine"));
    expect(() => meshOfNetwork("base-sepolia")).to.throw(
      /base-sepolia is in the meshes testnet .* and mine .*: say which one is meant with --mesh/,
    );
    for (const name of ["mine", "testnet"]) {
      expect(meshOfNetwork("base-sepolia", name).config.name).to.equal(name);
    }
    expect(() => meshOfNetwork("polygon-amoy", "testnet")).to.throw(
      "polygon-amoy is not in mesh testnet, which has ethereum-sepolia, arbitrum-sepolia",
    );
  });

  it("without the requested network are listed, with the command that writes one", () => {
    expect(() => meshOfNetwork("polygon-mainnet")).to.throw(
      'polygon-mainnet is in no mesh: add it to a file in config/meshes (local, testnet), or write one with "npx hardhat mesh init".',
    );
  });

  const mistakes: { what: string; files: Record<string, string>; ask: string; says: RegExp }[] = [
    {
      what: "that call their mesh otherwise than the file",
      files: { "mine.ts": meshNamed("yours") },
      ask: "mine",
      says: /mine\.ts calls its mesh "yours": write name: "mine", .* or call the file yours\.ts/,
    },
    {
      what: "that both claim a name",
      files: { "mine.ts": meshNamed("testnet") },
      ask: "testnet",
      says: /Mesh "testnet" is claimed by config\/meshes\/testnet\.ts and .*mine\.ts/,
    },
    {
      what: "of one name in two folders",
      files: { "testnet.ts": meshNamed("testnet") },
      ask: "testnet",
      says: /Mesh "testnet" is claimed by config\/meshes\/testnet\.ts and .*testnet\.ts/,
    },
    {
      what: "that do not parse",
      files: { "mine.ts": "export default {" },
      ask: "mine",
      says: /mine\.ts cannot be loaded: /,
    },
    {
      what: "that export two things",
      files: { "mine.ts": "export const a = {}; export const b = {};" },
      ask: "mine",
      says: /mine\.ts cannot be loaded: it exports a, b: write "export default" before the mesh/,
    },
    {
      what: "with mistakes of content",
      files: { "mine.ts": meshNamed("mine").replace("polygon-amoy", "polygon-amoi") },
      ask: "mine",
      says: /mine\.ts has mistakes:\n {2}satellites\.1: there is no chain "polygon-amoi": did you mean "polygon-amoy"/,
    },
  ];
  for (const { what, files, ask, says } of mistakes) {
    it(`are refused when selected: ${what}`, () => {
      for (const [name, text] of Object.entries(files)) write(name, text);
      expect(() => meshByName(ask)).to.throw(says);
    });
  }

  it("that are broken do not affect the others, but are reported before one of them might be meant", () => {
    write("mine.ts", "export default {");
    expect(meshByName("testnet").name).to.equal("testnet");
    expect(meshOfNetwork("op-sepolia", "testnet").role).to.equal("satellite");
    expect(() => meshOfNetwork("op-sepolia")).to.throw(
      /op-sepolia is in mesh testnet, and may be in others that cannot be read: .*\n {2}.*mine\.ts cannot be loaded/,
    );
  });
});
