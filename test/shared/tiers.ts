import path from "node:path";

const ROOT = path.resolve(__dirname, "../..");

/** The files of tests that `npm test` leaves to `npm run test:slow`, each with the reason why it takes long. */
export const SLOW: Readonly<Record<string, string>> = {
  "test/docs/benchmarksOverCcip.test.ts": "wires a mesh on each version of CCIP",
  "test/docs/operations.test.ts": "types a whole chapter, beside a network",
  "test/e2e/clocksApart.test.ts": "starts three nodes",
  "test/e2e/governedFromHome.test.ts": "changes meshes through the timelock of home",
  "test/e2e/hostileRamp.test.ts": "wires a mesh whose router has the ramp of an attacker",
  "test/e2e/laneGas.test.ts": "measures lanes with every number of verifiers",
  "test/e2e/listeners.test.ts": "wires a complete mesh, and changes it in each test",
  "test/e2e/mixedMesh.test.ts": "runs the tools on lanes of both versions",
  "test/e2e/movedLane.test.ts":
    "moves a lane between the versions of CCIP, with messages in flight",
  "test/e2e/optionalGas.test.ts":
    "deploys bridges and governance on every chain, and traces what arrives",
  "test/lib/cli/endpointFaults.test.ts": "runs every task that sends through failing endpoints",
  "test/lib/cli/limits.test.ts": "reads and sets the limits of every lane through the command",
  "test/lib/cli/mesh.test.ts": "plans, wires and checks meshes through the commands",
  "test/lib/cli/notifier.test.ts": "wires a complete mesh",
  "test/lib/cli/wrapped.test.ts":
    "sends, executes and diagnoses wrapped transfers, one after the other",
  "test/lib/demo/chapters.test.ts": "tells the whole story of the demo",
  "test/lib/diagnostics/ramps.test.ts": "replaces ramps under messages of both versions",
  "test/lib/explorer/verify.test.ts": "deploys a complete mesh, and compares each contract's code",
  "test/lib/governance/proposals.test.ts":
    "wires a mesh with every contract, and governs it from home",
  "test/lib/localnet/localnet.test.ts": "starts local networks",
  "test/lib/mesh/apply.test.ts": "wires meshes from nothing, also after each interruption",
  "test/lib/mesh/band.test.ts": "wires a mesh with bands, and changes it in each test",
  "test/lib/mesh/change.test.ts": "wires meshes, and changes them on every chain",
  "test/lib/mesh/containment.test.ts":
    "wires a mesh, and replaces its pool with messages in flight",
  "test/lib/mesh/deployer.test.ts": "deploys contracts in each test",
  "test/lib/mesh/drift.test.ts": "plants a hundred faults, and checks all chains after each",
  "test/lib/mesh/failingEndpoints.test.ts": "wires a mesh through every kind of failing endpoint",
  "test/lib/mesh/governance.test.ts": "plants faults in a mesh with every contract, and mends them",
  "test/lib/mesh/lanePermissions.test.ts": "changes lanes of whole meshes there and back",
  "test/lib/mesh/listeners.test.ts": "wires a complete mesh, and changes it in each test",
  "test/lib/mesh/mixedGenerations.test.ts": "wires lanes between both generations of pools",
  "test/lib/mesh/poolGenerations.test.ts": "replaces every pool of meshes of both versions",
  "test/lib/mesh/replacement.test.ts": "replaces pools, also after each interruption",
  "test/lib/mesh/steps.test.ts": "wires a mesh with every contract",
  "test/lib/mesh/wrapperDrift.test.ts": "plants faults, and checks and wires all chains after each",
  "test/lib/rebase/faults.test.ts": "starts three nodes, and wires a mesh on them",
  "test/lib/rehearsal/rehearse.test.ts": "forks every chain of a mesh",
  "test/lib/tx/send.test.ts": "waits for nodes that lose, delay and replace transactions",
  "test/scripts/release.test.ts": "packs and releases copies of the repository",
  "test/tasks/bridge.test.ts": "runs commands beside a network",
  "test/tasks/demo.test.ts": "starts networks in processes of their own",
  "test/tasks/deploy.test.ts": "deploys to a new node in each test",
  "test/tasks/localnetStart.test.ts": "starts networks in processes of their own",
  "test/tasks/mesh.test.ts": "plans and wires a mesh beside a network",
  "test/tasks/meshInit.test.ts": "lints and compiles what it writes",
  "test/tasks/message.test.ts": "runs dozens of commands beside a network",
  "test/tasks/operator.test.ts": "runs dozens of commands beside a network",
  "test/tasks/pool.test.ts": "replaces and upgrades contracts beside a network",
  "test/tasks/rebase.test.ts": "runs commands beside a network",
  "test/tasks/secrets.test.ts": "runs each command in a process of its own, with all debug output",
  "test/unit/views.test.ts": "wires a complete mesh, and traces every view of its contracts",
};

/** The files of end-to-end tests that run on the same network whichever a run asks for, and those on the same CCIP. */
export const SAME_EVERYWHERE: Readonly<Record<"network" | "version", readonly string[]>> = {
  network: [
    "test/e2e/clocksApart.test.ts",
    "test/e2e/forgedMessages.test.ts",
    "test/e2e/gas.test.ts",
    "test/e2e/laneGas.test.ts",
    "test/e2e/listeners.test.ts",
    "test/e2e/mixedMesh.test.ts",
    "test/e2e/movedLane.test.ts",
    "test/e2e/optionalGas.test.ts",
    "test/e2e/outOfOrder.test.ts",
  ],
  version: [
    "test/e2e/forgedMessages.test.ts",
    "test/e2e/mixedMesh.test.ts",
    "test/e2e/movedLane.test.ts",
    "test/e2e/outOfOrder.test.ts",
  ],
};

/** Returns the files of a tier: "quick", "slow", or all of them without one. */
export function ofTier(tier: string | undefined, files: readonly string[]): readonly string[] {
  if (!tier) return files;
  if (tier !== "quick" && tier !== "slow") {
    throw new Error(`TIER=${tier} is no tier of tests: write quick or slow.`);
  }
  return files.filter((file) => nameOf(file) in SLOW === (tier === "slow"));
}

/** Returns the files that a run on another network or version of CCIP than usual has a reason to run again. */
export function thatDiffer(
  { WORLD: world, CCIP: version }: { readonly WORLD?: string; readonly CCIP?: string },
  files: readonly string[],
): readonly string[] {
  const same = [
    ...(world === "localnet" ? SAME_EVERYWHERE.network : []),
    ...(version === "1.6" ? SAME_EVERYWHERE.version : []),
  ];
  return files.filter((file) => !same.includes(nameOf(file)));
}

function nameOf(file: string): string {
  return path.relative(ROOT, path.resolve(file));
}
