import { task } from "hardhat/config";

import { CCIP } from "./options";

interface DemoArguments {
  readonly ccip: string;
  readonly json: boolean;
  readonly stay: boolean;
}

task(
  "demo",
  "Tells the story of a rebase across three chains on a local network with the real CCIP.",
)
  .addOptionalParam(CCIP.name, CCIP.description, CCIP.byDefault)
  .addFlag("json", "Print one JSON document on stdout instead of tables.")
  .addFlag("stay", "Keep the network up after the story, until Ctrl-C.")
  .setAction(async ({ ccip, json, stay }: DemoArguments, hre) => {
    const { orFail } = await import("../lib/cli/failure");
    const { compileChanged } = await import("../lib/hardhat/compile");
    const { localChains } = await import("../config/localChains");
    const { parseLaneVersions } = await import("../lib/localnet/versions");
    await orFail(async () => {
      const versions = parseLaneVersions(
        ccip,
        localChains().map(({ name }) => name),
      );
      await compileChanged(hre);
      const { runDemo } = await import("../lib/demo/run");
      await runDemo({ ...versions, json, stay });
    });
  });
