import { task } from "hardhat/config";

interface DemoArguments {
  readonly json: boolean;
  readonly stay: boolean;
}

task(
  "demo",
  "Tells the story of a rebase across three chains on a local network with the real CCIP.",
)
  .addFlag("json", "Print one JSON document on stdout instead of tables.")
  .addFlag("stay", "Keep the network up after the story, until Ctrl-C.")
  .setAction(async ({ json, stay }: DemoArguments, hre) => {
    const { orFail } = await import("../lib/cli/failure");
    const { compileChanged } = await import("../lib/hardhat/compile");
    await orFail(async () => {
      await compileChanged(hre);
      const { runDemo } = await import("../lib/demo/run");
      await runDemo({ json, stay });
    });
  });
