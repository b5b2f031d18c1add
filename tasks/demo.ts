import { task } from "hardhat/config";

import { CCIP, CHAINS, PORT } from "./options";

interface DemoArguments {
  readonly ccip: string;
  readonly chains: string;
  readonly json: boolean;
  readonly port?: string;
  readonly stay: boolean;
}

task("demo", "Runs a rebase across chains on a local network with the released contracts of CCIP.")
  .addOptionalParam(CCIP.name, CCIP.description, CCIP.byDefault)
  .addOptionalParam(
    CHAINS.name,
    "Number of chains, the home included, from 3 to 16.",
    CHAINS.byDefault,
  )
  .addOptionalParam(PORT.name, PORT.description)
  .addFlag("json", "Print one JSON document on stdout instead of tables.")
  .addFlag("stay", "Keep the network up after the story, until Ctrl-C.")
  .setAction(async ({ ccip, chains, json, port, stay }: DemoArguments, hre) => {
    const { orFail } = await import("../lib/cli/failure");
    const { compileChanged } = await import("../lib/hardhat/compile");
    const { MAX_LOCAL_CHAINS, localChains } = await import("../config/localChains");
    const { parseWhole } = await import("../lib/core/input/whole");
    const { parsePort } = await import("../lib/localnet/ports");
    const { parseLaneVersions } = await import("../lib/localnet/versions");
    await orFail(async () => {
      const count = Number(
        parseWhole(chains, { least: 3n, most: BigInt(MAX_LOCAL_CHAINS), option: "--chains" }),
      );
      const versions = parseLaneVersions(
        ccip,
        localChains(count).map(({ name }) => name),
      );
      await compileChanged(hre);
      const { runDemo } = await import("../lib/demo/run");
      await runDemo({ ...versions, chains: count, json, port: parsePort(port), stay });
    });
  });
