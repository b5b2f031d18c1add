// Runs before and after `npm pack`: puts ABIs and types of the contracts into dist/, from what is compiled now.
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

const root = path.resolve(__dirname, "../..");
const dist = path.join(root, "dist");

/** By source file: the contracts and interfaces of the package. */
const SOURCES = {
  "RebaseToken.sol": ["RebaseToken"],
  "ccip/RebaseTokenPool.sol": ["RebaseTokenPool"],
  "home/RebaseController.sol": ["RebaseController"],
  "home/RebaseBroadcaster.sol": ["RebaseBroadcaster"],
  "satellite/RebaseReceiver.sol": ["RebaseReceiver"],
  "interfaces/IRebaseToken.sol": ["IRebaseToken"],
  "interfaces/IRebaseTokenPool.sol": ["IRebaseTokenPool"],
  "interfaces/IRebaseController.sol": ["IRebaseController"],
  "interfaces/IRebaseBroadcaster.sol": ["IRebaseBroadcaster"],
  "interfaces/IRebaseReceiver.sol": ["IRebaseReceiver"],
};

const contracts = Object.entries(SOURCES).flatMap(([source, names]) =>
  names.map((name) => ({ source, name })),
);

/** The module of a generated factory: TypeChain puts a file with one contract of the same name into its folder. */
function factoryOf({ source, name }) {
  const generated = path.join(root, "typechain-types/factories/contracts");
  const folder = path.dirname(source);
  const candidates = [path.join(folder, `${name}__factory`), path.join(source, `${name}__factory`)];
  const found = candidates.find((file) => fs.existsSync(path.join(generated, `${file}.ts`)));
  if (!found) throw new Error(`TypeChain has generated nothing for ${name}: compile first.`);
  return found;
}

function build() {
  restore();
  fs.mkdirSync(path.join(dist, "abi"), { recursive: true });
  for (const { source, name } of contracts) {
    const artifact = path.join(root, "artifacts/contracts", source, `${name}.json`);
    const { abi } = JSON.parse(fs.readFileSync(artifact, "utf8"));
    fs.writeFileSync(path.join(dist, `abi/${name}.json`), `${JSON.stringify(abi, undefined, 2)}\n`);
  }
  const factories = contracts.map((contract) => ({ ...contract, file: factoryOf(contract) }));
  const sources = factories.map(({ file }) =>
    path.join("typechain-types/factories/contracts", `${file}.ts`),
  );
  execFileSync(
    process.execPath,
    [
      require.resolve("typescript/bin/tsc"),
      ...sources,
      ...["--outDir", path.join(dist, "types"), "--rootDir", "typechain-types", "--declaration"],
      ...["--target", "es2022", "--module", "commonjs", "--moduleResolution", "node10"],
      ...["--skipLibCheck", "--esModuleInterop"],
    ],
    { cwd: root, stdio: "inherit" },
  );
  const lines = factories.map(({ name, file }) => ({
    js: `Object.assign(exports, require("./factories/contracts/${file}"));`,
    // A contract's type is beside its factory, under the same path.
    types: [
      `export { ${name}__factory } from "./factories/contracts/${file}";`,
      `export type { ${name} } from "./contracts/${file.replace(/__factory$/, "")}";`,
    ].join("\n"),
  }));
  const write = (file, texts) =>
    fs.writeFileSync(path.join(dist, "types", file), `${texts.join("\n")}\n`);
  write("index.js", [
    '"use strict";',
    'Object.defineProperty(exports, "__esModule", { value: true });',
    ...lines.map(({ js }) => js),
  ]);
  write(
    "index.d.ts",
    lines.map(({ types }) => types),
  );
}

function restore() {
  fs.rmSync(dist, { recursive: true, force: true });
}

({ build, restore })[process.argv[2]]();
