import { CCIP, CHAINS, PORT } from "../options";

import { localnetScope } from "./scope";

interface StartArguments {
  readonly ccip: string;
  readonly chains: string;
  readonly json: boolean;
  readonly port?: string;
  readonly unwired: boolean;
}

localnetScope
  .task(
    "start",
    "Starts a home chain and its satellites, deploys and wires the token, and delivers messages until Ctrl-C.",
  )
  .addOptionalParam(CHAINS.name, CHAINS.description, CHAINS.byDefault)
  .addOptionalParam(PORT.name, PORT.description)
  .addOptionalParam(CCIP.name, CCIP.description, CCIP.byDefault)
  .addFlag("unwired", "Deploy the contracts and wire nothing.")
  .addFlag("json", "Print the network as one JSON document instead of a table.")
  .setAction(async ({ ccip, chains, json, port, unwired }: StartArguments, hre) => {
    const { orFail } = await import("../../lib/cli/failure");
    const { compileChanged } = await import("../../lib/hardhat/compile");
    const { MAX_LOCAL_CHAINS, localChains } = await import("../../config/localChains");
    const { parseWhole } = await import("../../lib/core/input/whole");
    const { parsePort } = await import("../../lib/localnet/ports");
    const { parseLaneVersions } = await import("../../lib/localnet/versions");
    await orFail(async () => {
      const count = Number(
        parseWhole(chains, { least: 1n, most: BigInt(MAX_LOCAL_CHAINS), option: "--chains" }),
      );
      const versions = parseLaneVersions(
        ccip,
        localChains(count).map(({ name }) => name),
      );
      await compileChanged(hre);
      const { runLocalnet } = await import("../../lib/cli/localnet/start");
      await runLocalnet({ ...versions, chains: count, json, port: parsePort(port), unwired });
    });
  });
