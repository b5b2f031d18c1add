import { task, types } from "hardhat/config";

import { CCIP, CHAINS, PORT } from "./options";

interface DemoArguments {
  readonly ccip: string;
  readonly chains: number;
  readonly json: boolean;
  readonly port?: number;
  readonly stay: boolean;
}

task("demo", "Runs a rebase across chains on a local network with the released contracts of CCIP.")
  .addOptionalParam(CCIP.name, CCIP.description, CCIP.byDefault)
  .addOptionalParam(
    CHAINS.name,
    "Number of chains, the home included, from 3 to 16.",
    CHAINS.byDefault,
    types.int,
  )
  .addOptionalParam(PORT.name, PORT.description, undefined, types.int)
  .addFlag("json", "Print one JSON document on stdout instead of tables.")
  .addFlag("stay", "Keep the network up after the story, until Ctrl-C.")
  .setAction(async ({ ccip, chains, json, port, stay }: DemoArguments, hre) => {
    const { orFail } = await import("../lib/cli/failure");
    const { compileChanged } = await import("../lib/hardhat/compile");
    const { localChains } = await import("../config/localChains");
    const { parseLaneVersions } = await import("../lib/localnet/versions");
    await orFail(async () => {
      if (chains < 3) {
        const { OperatorError } = await import("../lib/core/errors");
        throw new OperatorError(
          "INVALID_OPTION",
          `The demo needs 3 chains or more, not ${chains}: write --chains 3.`,
        );
      }
      const versions = parseLaneVersions(
        ccip,
        localChains(chains).map(({ name }) => name),
      );
      await compileChanged(hre);
      const { runDemo } = await import("../lib/demo/run");
      await runDemo({ ...versions, chains, json, port, stay });
    });
  });
