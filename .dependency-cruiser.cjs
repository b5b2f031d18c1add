/**
 * The rooms of lib/, lowest first: a file imports from its own room and from those before it.
 * CONTRIBUTING.md says what belongs where.
 */
const ROOMS = [
  "lib/core",
  "lib/files",
  "lib/rpc",
  "lib/tx",
  "lib/ccip",
  "lib/deployments",
  "lib/mesh",
  "lib/diagnostics",
  "lib/supply",
  "lib/rebase",
  "lib/bridge",
  "lib/token",
  "lib/governance",
  "lib/explorer",
  "lib/rehearsal",
  "lib/localnet",
  "lib/dashboard",
  "lib/cli",
  "lib/hardhat",
  "lib/demo",
];

const folder = (path) => `^${path}/`;

const downwards = ROOMS.slice(0, -1).map((room, level) => ({
  name: `${room}-imports-downwards`,
  comment: `${room} may import only from ${ROOMS.slice(0, level + 1).join(", ")}.`,
  severity: "error",
  from: { path: folder(room) },
  to: { path: ROOMS.slice(level + 1).map(folder) },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: "no-circles",
      comment: "Files that import each other cannot be read one after the other.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    ...downwards,
    {
      name: "lib-imports-nothing-above-it",
      comment: "Tasks, deploy scripts and tests call lib/, never the other way round.",
      severity: "error",
      from: { path: "^lib/" },
      to: { path: "^(tasks|deploy|scripts|test|dashboard)/" },
    },
    {
      name: "core-runs-in-a-browser",
      comment: "The dashboard bundles lib/core: nothing in it needs Node.",
      severity: "error",
      from: { path: "^lib/core/" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "hardhat-stays-in-its-room",
      comment: "lib/ takes providers and addresses; what knows Hardhat is in lib/hardhat.",
      severity: "error",
      from: { path: "^lib/", pathNot: "^lib/hardhat/" },
      to: { path: "^node_modules/(hardhat|@nomicfoundation)" },
    },
    {
      name: "dashboard-imports-core-and-ccip",
      comment:
        "The dashboard shares types, amounts, errors and the decoding of messages, and nothing else.",
      severity: "error",
      from: { path: "^dashboard/src/" },
      to: { path: "^lib/", pathNot: "^lib/(core|ccip)/" },
    },
    {
      name: "localnet-knows-no-token",
      comment: "packages/ccip-localnet is a product of its own.",
      severity: "error",
      from: { path: "^packages/ccip-localnet/src/" },
      to: { path: "^(lib|config|contracts|typechain-types|test|tasks)/" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(artifacts|cache|typechain-types|coverage)/|/dist/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
    },
  },
};
