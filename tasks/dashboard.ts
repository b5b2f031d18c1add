import { scope } from "hardhat/config";

import { define } from "./define";
import { MESH, defaulted, positional } from "./options";

const dashboard = scope("dashboard", "The dashboard of a mesh: static files that read its chains.");

define(
  dashboard.task(
    "serve",
    "Serves the dashboard to this machine until Ctrl-C and prints its address.",
  ),
  { mesh: MESH, port: defaulted("Port on the loopback interface; 0 takes a free one.", "0") },
  async (typed, hre) => {
    const { compileChanged } = await import("../lib/hardhat/compile");
    const { parsePort } = await import("../lib/dashboard/serve");
    const port = parsePort(typed.port);
    await compileChanged(hre);
    const { runDashboard } = await import("../lib/hardhat/dashboard");
    await runDashboard(hre, { ...typed, port });
  },
);

define(
  dashboard.task(
    "export",
    "Writes the dashboard into a folder that any host of static files can serve.",
  ),
  { folder: positional("Where to, for example dashboard-site."), mesh: MESH },
  async (typed, hre) => {
    const { compileChanged } = await import("../lib/hardhat/compile");
    await compileChanged(hre);
    const { exportDashboard } = await import("../lib/hardhat/dashboard");
    await exportDashboard(hre, typed);
  },
);
