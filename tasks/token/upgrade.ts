import { JSON_FLAG, MESH, YES_FLAG } from "../options";

import { ALL_FLAG, CHAIN, tokenScope } from "./scope";

interface UpgradeArguments {
  readonly mesh: string;
  readonly chain?: string;
  readonly all: boolean;
  readonly contract: string;
  readonly migration: string;
  readonly unrehearsed: boolean;
  readonly wait: boolean;
  readonly yes: boolean;
  readonly json: boolean;
}

tokenScope
  .task(
    "upgrade",
    "Upgrades the token through the timelock: storage layout and every answer checked before, and every answer after. Run again to go on. Exits 2 if steps wait.",
  )
  .addOptionalParam(CHAIN.name, CHAIN.description)
  .addFlag(...ALL_FLAG)
  .addOptionalParam("contract", "The contract of this checkout that is to run.", "RebaseToken")
  .addOptionalParam(
    "migration",
    "What the new version is called with as it takes over, ABI-encoded, for example 0x8129fc1c.",
    "0x",
  )
  .addOptionalParam(MESH.name, MESH.description, MESH.byDefault)
  .addFlag(
    "unrehearsed",
    "Propose it untried: for an RPC endpoint without state overrides or old state, or an upgrade that is to change answers.",
  )
  .addFlag("wait", "Wait for delays instead of ending; local networks always wait.")
  .addFlag(...YES_FLAG)
  .addFlag(...JSON_FLAG)
  .setAction(async ({ mesh, yes, chain, all, ...options }: UpgradeArguments, hre) => {
    const { withSession } = await import("../../lib/hardhat/withSession");
    const { recordsOf } = await import("../../config/env");
    const { buildArtifactsOf } = await import("../../lib/hardhat/buildArtifacts");
    const { chosenChains, upgradeTokens } = await import("../../lib/cli/token/upgrade");
    const { confirm } = await import("../../lib/cli/confirm");
    const { EXIT } = await import("../../lib/cli/failure");
    const result = await withSession(
      hre,
      mesh,
      (session) =>
        upgradeTokens(session, buildArtifactsOf(hre, recordsOf(mesh)), {
          ...options,
          chains: chosenChains(session.mesh.config, { chain, all }),
          confirm: (question) => confirm(question, { live: session.live, yes }),
        }),
      { check: (config) => chosenChains(config, { chain, all }) },
    );
    if (result && result.open.length > 0) process.exitCode = EXIT.drift;
    return result;
  });
