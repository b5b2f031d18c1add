import { existsSync } from "node:fs";
import path from "node:path";

import { ownMeshesDirectory, rpcUrl, rpcUrlVariable } from "../../../config/env";
import { meshNames, meshesNaming, networkNames } from "../../../config/meshes";
import { liveChain } from "../../core/chains";
import { OperatorError } from "../../core/errors";
import { parseMesh } from "../../core/mesh/parse";
import type { MeshInput } from "../../core/mesh/schema";
import { Problems } from "../../core/problems";
import { shownPath } from "../../deployments/store";
import { writeWhole } from "../../files/write";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";

export interface InitOptions {
  readonly name: string;
  /** Network name. */
  readonly home: string;
  /** Network names, separated by commas. */
  readonly satellites: string;
  readonly tokenName: string;
  readonly symbol: string;
}

const FOLDER = path.resolve(__dirname, "../../../config/meshes");

/**
 * Writes a mesh file with tight defaults for all omitted options, and prints the next commands.
 * @returns the file.
 * @throws with all mistakes, before anything is written.
 */
export async function initMesh(
  options: InitOptions,
  output: Output = consoleOutput,
): Promise<string> {
  const { name, home, tokenName, symbol } = options;
  const satellites = options.satellites.split(",").map((network) => network.trim());
  const live = liveChain(home) !== undefined;
  const file = path.join(ownMeshesDirectory() ?? FOLDER, `${name}.ts`);
  const token = { name: tokenName, symbol };
  const mesh: MeshInput = { name, live, token, home, satellites, ...DEFAULTS };

  const problems = new Problems();
  await problems.noting(() => requireName(name, file));
  await problems.noting(() => parseMesh(mesh, { networks: networkNames(), file: `${name}.ts` }));
  await problems.noting(() => requireOneKind(home, satellites));
  problems.throwAny();

  writeWhole(file, await sourceOf(mesh, file));
  output.stdout(shownPath(file));
  output.log(nextSteps(mesh, file));
  return file;
}

/** Checks that the name is valid for a mesh file and not used yet. */
function requireName(name: string, file: string): void {
  if (!/^[a-z0-9][a-z0-9-]*$/.test(name) || name === "index") {
    throw new OperatorError(
      "INVALID_OPTION",
      `"${name}" is not a valid mesh name: use small letters, digits and hyphens, for example my-dollar.`,
    );
  }
  if (meshNames().includes(name) || existsSync(file)) {
    throw new OperatorError(
      "INVALID_OPTION",
      `There is a mesh "${name}" already: edit its file, or use another name.`,
    );
  }
}

/** Rejects a mesh of local and live chains, which no lane connects. */
function requireOneKind(home: string, satellites: readonly string[]): void {
  const isLocal = (network: string) => network.startsWith("local-");
  const other = satellites.find((network) => isLocal(network) !== isLocal(home));
  if (other === undefined) return;
  throw new OperatorError(
    "INVALID_OPTION",
    `${home} and ${other} cannot be in one mesh: CCIP connects no local chain with a live one.`,
  );
}

/** Settings that suit most tokens, with tight limits. */
const DEFAULTS: Omit<MeshInput, "name" | "live" | "token" | "home" | "satellites"> = {
  lanes: {
    outbound: { capacity: "100000", rate: "10" },
    inboundHeadroomBps: 1_000,
    rebasesInFlight: 2,
  },
  controller: {
    minGrowthFactor: "0.95",
    maxGrowthFactor: "1.05",
    minInterval: 72_000,
    delay: 7_200,
    maxDelay: 604_800,
  },
  broadcaster: { gasLimit: 150_000 },
  admin: { handoverDelay: 3_600, timelockDelay: 3_600 },
  roles: {
    issuer: "deployer",
    rebaseOperator: "deployer",
    guardian: "deployer",
    operations: "deployer",
    treasurySpender: "deployer",
    rateLimitAdmin: "deployer",
  },
};

/** Comments in the generated file, by the field that they precede. */
const COMMENTS: Readonly<Partial<Record<string, string>>> = {
  live: "Asks before anything is sent.",
  home: "Where the token is issued and rebased; the satellites follow it.",
  outbound:
    "Tokens in one burst, and tokens a second by which the bucket refills. `limits` and `pairs` set single lanes apart.",
  inboundHeadroomBps:
    "By how much an inbound bucket is larger, in basis points, and how many rebases a message may meet on its way.",
  minGrowthFactor: "The most that one rebase may take and give: -5 % and +5 %.",
  minInterval:
    "Seconds: between two rebases, from scheduling to counting, and the longest that may be.",
  delay: "Above the timelock's, through which a gain is cancelled before it takes effect.",
  gasLimit: "Gas for a broadcast on a satellite.",
  handoverDelay:
    "Seconds that a hand-over of the administration takes, and that a proposal waits at the timelock.",
  roles:
    'Accounts (0x…), "safe" for the Safe under `chains`, or "deployer". Name your own before anything of worth is issued.',
};

/** Returns the mesh as a TypeScript file in this project's format. */
async function sourceOf(mesh: MeshInput, file: string): Promise<string> {
  const schema = path.relative(
    path.dirname(file),
    path.resolve(__dirname, "../../core/mesh/schema"),
  );
  const from = schema.startsWith(".") ? schema : `./${schema}`;
  const { format } = await import("prettier");
  const lines = JSON.stringify(mesh, undefined, 2).split("\n");
  const commented = lines.flatMap((line) => {
    const field = /^ *"(\w+)":/.exec(line)?.[1];
    const comment = COMMENTS[field ?? ""];
    return comment === undefined ? [line] : [`// ${comment}`, line];
  });
  const perChain = mesh.live
    ? [
        "// What no unattended run pays for, and what else differs on single chains:",
        `// chains: { ${JSON.stringify(mesh.home)}: { maxGasPriceGwei: "500", safe: "0x…", confirmations: 3 } },`,
      ]
    : [];
  const source = [
    `import type { MeshInput } from ${JSON.stringify(from)};`,
    "",
    `/** ${mesh.token.name.replaceAll("*/", "* /")} on ${1 + mesh.satellites.length} chains. */`,
    "export default",
    ...commented.slice(0, -1),
    ",",
    ...perChain,
    "} satisfies MeshInput;",
  ].join("\n");
  return format(source, { parser: "typescript", printWidth: 100, trailingComma: "all" });
}

function nextSteps({ name, home, satellites, live }: MeshInput, file: string): string {
  const members = [home, ...satellites];
  const shared = members.filter((network) => meshesNaming(network).length > 1);
  const unset = members.filter((network) => live && rpcUrl(network) === undefined);
  return [
    `Read it and name your accounts under roles: ${shownPath(file)}`,
    ...(unset.length > 0
      ? [`Set in .env: ${unset.map(rpcUrlVariable).join(", ")}, and a key.`]
      : []),
    "Then deploy, look at what is to be wired, and wire it:",
    ...members.map((network) => `  npx hardhat deploy --network ${network} --mesh ${name}`),
    `  npx hardhat mesh plan --mesh ${name}`,
    `  npx hardhat mesh apply --mesh ${name}`,
    ...(shared.length > 0
      ? [`Other meshes name ${shared.join(", ")} too: keep --mesh in the commands, or set MESH.`]
      : []),
  ].join("\n");
}
