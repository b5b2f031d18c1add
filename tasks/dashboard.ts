import { scope, types } from "hardhat/config";

import { MESH } from "./options";

interface ServeArguments {
  readonly mesh: string;
  readonly port: string;
}

interface ExportArguments {
  readonly mesh: string;
  readonly folder: string;
}

const dashboard = scope("dashboard", "The dashboard of a mesh: static files that read its chains.");

dashboard
  .task("serve", "Serves the dashboard to this machine until Ctrl-C and prints its address.")
  .addOptionalParam("mesh", MESH.description, MESH.byDefault, types.string)
  .addOptionalParam("port", "Port on the loopback interface; 0 takes a free one.", "0")
  .setAction(async ({ mesh, port }: ServeArguments, hre) => {
    const { orFail } = await import("../lib/cli/failure");
    const { compileChanged } = await import("../lib/hardhat/compile");
    const { parsePort } = await import("../lib/dashboard/serve");
    await orFail(async () => {
      const options = { mesh, port: parsePort(port) };
      await compileChanged(hre);
      const { runDashboard } = await import("../lib/hardhat/dashboard");
      await runDashboard(hre, options);
    });
  });

dashboard
  .task("export", "Writes the dashboard into a folder that any host of static files can serve.")
  .addPositionalParam("folder", "Where to, for example dashboard-site.", undefined, types.string)
  .addOptionalParam("mesh", MESH.description, MESH.byDefault, types.string)
  .setAction(async (args: ExportArguments, hre) => {
    const { orFail } = await import("../lib/cli/failure");
    const { compileChanged } = await import("../lib/hardhat/compile");
    await orFail(async () => {
      await compileChanged(hre);
      const { exportDashboard } = await import("../lib/hardhat/dashboard");
      await exportDashboard(hre, args);
    });
  });
