import { extendProvider, task } from "hardhat/config";

task("deploy", async (args: unknown, hre, runSuper) => {
  const { orFail } = await import("../lib/cli/failure");
  const { useDeployer } = await import("../lib/hardhat/deployerAccount");
  const { requireEndpoint } = await import("../lib/hardhat/endpoint");
  await orFail(async () => {
    requireEndpoint(hre.network.name);
    await useDeployer(hre);
    await runSuper(args);
  });
});

extendProvider(async (provider, _config, network) => {
  if (!process.env.DEPLOYER_LEDGER) return provider;
  const { deployerProvider } = await import("../lib/hardhat/deployerAccount");
  return deployerProvider(provider, network);
});
