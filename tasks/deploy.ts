import { task } from "hardhat/config";

task("deploy", async (args: unknown, hre, runSuper) => {
  const { orFail } = await import("../lib/cli/failure");
  const { useKeystore } = await import("../lib/hardhat/deployerAccount");
  const { requireEndpoint } = await import("../lib/hardhat/endpoint");
  await orFail(async () => {
    requireEndpoint(hre.network.name);
    await useKeystore(hre);
    await runSuper(args);
  });
});
