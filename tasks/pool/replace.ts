import { JSON_FLAG, MESH, YES_FLAG } from "../options";

import { poolScope } from "./scope";

interface ReplaceArguments {
  readonly mesh: string;
  readonly chain: string;
  readonly json: boolean;
  readonly yes: boolean;
  readonly wait: boolean;
  readonly plan: boolean;
  readonly again: boolean;
  readonly allowDestructive: boolean;
}

poolScope
  .task(
    "replace",
    "Replaces a chain's pool, with transfers in flight: deploys, tells all chains, names it, drains, forgets the old one. Run again to go on. Exits 2 if steps wait.",
  )
  .addParam("chain", "Network name of the chain whose pool is replaced, for example local-sat1.")
  .addOptionalParam(MESH.name, MESH.description, MESH.byDefault)
  .addFlag("plan", "Print what would be done, with before and after. Deploys and sends nothing.")
  .addFlag("again", "Replace the pool though it is what this checkout would deploy.")
  .addFlag("wait", "Wait for delays and for CCIP instead of ending; local networks always wait.")
  .addFlag("allowDestructive", "Forget the old pool though messages that it sent are in flight.")
  .addFlag(...YES_FLAG)
  .addFlag(...JSON_FLAG)
  .setAction(async ({ mesh, yes, ...options }: ReplaceArguments, hre) => {
    const { withSession } = await import("../../lib/hardhat/withSession");
    const { recordsOf } = await import("../../config/env");
    const { requireMember } = await import("../../lib/core/mesh/members");
    const { buildArtifactsOf } = await import("../../lib/hardhat/buildArtifacts");
    const { replacePool } = await import("../../lib/cli/pool/replace");
    const { confirm } = await import("../../lib/cli/confirm");
    const { EXIT } = await import("../../lib/cli/failure");
    const result = await withSession(
      hre,
      mesh,
      (session) =>
        replacePool(session, buildArtifactsOf(hre, recordsOf(mesh)), {
          ...options,
          confirm: (question) => confirm(question, { live: session.live, yes }),
        }),
      { check: (config) => requireMember(config, options.chain, "--chain") },
    );
    if (result && result.open.length > 0 && !options.plan) process.exitCode = EXIT.drift;
    return result;
  });
