// Runs before and after `npm pack`. In the repository the sources run as they are, so that edits are seen
// at once; a published package has them compiled, with the released contracts beside them: Chainlink's
// package depends on tarballs of GitHub, which not every network and supply chain accepts.
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

const root = path.resolve(__dirname, "..");
const manifest = path.join(root, "package.json");
const saved = path.join(root, "package.json.workspace");
const dist = path.join(root, "dist");

const compiled = (file) => ({
  types: `./dist/${file}.d.ts`,
  default: `./dist/${file}.js`,
});

function build() {
  // A package that was packed half way is put in order first.
  restore();
  execFileSync(
    process.execPath,
    [require.resolve("typescript/bin/tsc"), "-p", "tsconfig.build.json"],
    {
      cwd: root,
      stdio: "inherit",
    },
  );
  copyReleases();
  const json = JSON.parse(fs.readFileSync(manifest, "utf8"));
  fs.renameSync(manifest, saved);
  const { scripts: _scripts, devDependencies: _devDependencies, ...published } = json;
  const text = JSON.stringify(
    {
      ...published,
      main: "dist/index.js",
      types: "dist/index.d.ts",
      exports: {
        ".": compiled("index"),
        "./config": compiled("config"),
        "./hardhat": compiled("hardhat"),
        "./protocol": { browser: compiled("protocol/index"), ...compiled("protocol/node") },
        "./package.json": "./package.json",
      },
      typesVersions: {
        "*": {
          config: ["dist/config.d.ts"],
          hardhat: ["dist/hardhat.d.ts"],
          protocol: ["dist/protocol/node.d.ts"],
        },
      },
    },
    undefined,
    2,
  );
  fs.writeFileSync(manifest, `${text}\n`);
}

function copyReleases() {
  const { releaseFiles } = require(path.join(dist, "protocol/releases.js"));
  const source = path.dirname(require.resolve("@chainlink/contracts-ccip-releases/package.json"));
  const { version, license } = require(path.join(source, "package.json"));
  const target = path.join(dist, "releases");
  for (const file of releaseFiles()) {
    for (const kept of [`abi/${file}.json`, `bytecode/${file}.bin`]) {
      fs.mkdirSync(path.dirname(path.join(target, kept)), { recursive: true });
      fs.copyFileSync(path.join(source, kept), path.join(target, kept));
    }
  }
  for (const terms of ["LICENSE.md", "v2.0-CCIP-License-grants.md"]) {
    fs.copyFileSync(path.join(source, "contracts", terms), path.join(target, terms));
  }
  fs.writeFileSync(
    path.join(target, "README.md"),
    `ABIs and bytecode as published in @chainlink/contracts-ccip ${version} (${license}), unchanged.\n`,
  );
}

function restore() {
  fs.rmSync(dist, { recursive: true, force: true });
  if (fs.existsSync(saved)) fs.renameSync(saved, manifest);
}

const action = { build, restore }[process.argv[2]];
action();
