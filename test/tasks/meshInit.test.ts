import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";

import { meshByName } from "../../config/meshes";
import { runHardhat } from "../shared/hardhatProcess";

const ROOT = path.resolve(__dirname, "../..");
const NAME = "my-dollar";

describe("hardhat mesh init", () => {
  let directory: string;
  let file: string;
  const { MESHES_DIRECTORY: before } = process.env;

  beforeEach(() => {
    // Within the project, so that its compiler and linter take the file for one of its own.
    mkdirSync(path.join(ROOT, "cache"), { recursive: true });
    directory = mkdtempSync(path.join(ROOT, "cache/meshes-"));
    file = path.join(directory, `${NAME}.ts`);
    process.env.MESHES_DIRECTORY = directory;
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
    if (before === undefined) delete process.env.MESHES_DIRECTORY;
    else process.env.MESHES_DIRECTORY = before;
  });

  const init = (options: Record<string, string> = {}) => {
    const all = {
      name: NAME,
      home: "polygon-amoy",
      satellites: "base-sepolia, avalanche-fuji",
      "token-name": "My Dollar",
      symbol: "MYD",
      ...options,
    };
    const args = Object.entries(all).flatMap(([name, value]) => [`--${name}`, value]);
    return runHardhat(directory, ["mesh", "init", ...args], {
      MESHES_DIRECTORY: directory,
      RPC_URL_POLYGON_AMOY: "",
      RPC_URL_BASE_SEPOLIA: "http://127.0.0.1:1",
      RPC_URL_AVALANCHE_FUJI: "",
    }).ended;
  };

  it("writes a valid mesh file that compiles, is formatted and linted", async () => {
    const { code, stdout, stderr } = await init();
    expect(code, stderr).to.equal(0);
    expect(stdout.trim()).to.equal(path.relative(ROOT, file));
    expect(meshByName(NAME)).to.deep.include({
      name: NAME,
      live: true,
      token: { name: "My Dollar", symbol: "MYD" },
      home: "polygon-amoy",
      satellites: ["base-sepolia", "avalanche-fuji"],
    });
    const tsconfig = path.join(directory, "tsconfig.json");
    writeFileSync(
      tsconfig,
      JSON.stringify({ extends: path.join(ROOT, "tsconfig.json"), include: [file] }),
    );
    run("tsc", "-p", tsconfig);
    run("prettier", "--check", "--ignore-path", "/dev/null", file);
    // As the file that it would be: the linter looks at nothing outside of the project's folders.
    lint(readFileSync(file, "utf8"), "config/meshes/testnet.ts");
    expect(readFileSync(file, "utf8")).to.match(/\/\/ .*\n {2}live: true/);
  });

  it("prints the next steps: variables, commands, and other meshes that name the same chain", async () => {
    const { stderr } = await init();
    expect(stderr).to.include(
      "Set in .env: RPC_URL_POLYGON_AMOY, RPC_URL_AVALANCHE_FUJI, and a key.",
    );
    expect(stderr).to.include("  npx hardhat deploy --network polygon-amoy --mesh my-dollar\n");
    expect(stderr).to.include("  npx hardhat mesh apply --mesh my-dollar\n");
    expect(stderr).to.include("Other meshes name base-sepolia, avalanche-fuji too");
  });

  const mistakes: { what: string; options: Record<string, string>; says: string }[] = [
    {
      what: "a chain that there is none",
      options: { satellites: "base-sepolai,op-sepolia" },
      says: 'satellites.0: there is no chain "base-sepolai": did you mean "base-sepolia"?',
    },
    {
      what: "a home that is a satellite",
      options: { home: "base-sepolia" },
      says: '"base-sepolia" is the home already',
    },
    { what: "no satellite", options: { satellites: "" }, says: "satellites.0" },
    {
      what: "a name that is no file's",
      options: { name: "../mine" },
      says: '"../mine" is not a valid mesh name',
    },
    {
      what: "a name that is taken",
      options: { name: "testnet" },
      says: 'There is a mesh "testnet" already',
    },
    {
      what: "local and live chains",
      options: { satellites: "local-sat1" },
      says: "polygon-amoy and local-sat1 cannot be in one mesh",
    },
    { what: "no symbol", options: { symbol: "" }, says: "token.symbol" },
  ];
  for (const { what, options, says } of mistakes) {
    it(`writes nothing for ${what}`, async () => {
      const { code, stderr, stdout } = await init(options);
      expect(code, stdout).to.equal(1);
      expect(stderr).to.include(says);
      expect(stdout).to.equal("");
      expect(existsSync(file)).to.equal(false);
    });
  }

  it("overwrites nothing", async () => {
    writeFileSync(file, "// mine\n");
    const { code, stderr } = await init();
    expect(code).to.equal(1);
    expect(stderr).to.include('There is a mesh "my-dollar" already: edit its file');
    expect(readFileSync(file, "utf8")).to.equal("// mine\n");
  });
});

/** Runs a tool of this project's. @throws with what it said when it finds a mistake. */
function run(tool: string, ...args: string[]): void {
  execFileSync("npx", [tool, ...args], { cwd: ROOT, stdio: "pipe" });
}

/** Lints a text as if it were in a file. @throws with what is wrong. */
function lint(text: string, file: string): void {
  execFileSync("npx", ["eslint", "--stdin", "--stdin-filename", file], {
    cwd: ROOT,
    input: text,
    stdio: "pipe",
  });
}
