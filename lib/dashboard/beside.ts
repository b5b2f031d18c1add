import type { LaunchedMesh } from "../localnet/launch";
import { LocalResults } from "../localnet/verifications";

import { exportDeployments } from "./export";
import { serveDashboard } from "./serve";
import type { ServedDashboard } from "./serve";

/** Serves the dashboard for a local network that has just been started; port 0 picks a free one. */
export async function serveBeside(
  { localnet, mesh }: LaunchedMesh,
  port: number,
): Promise<ServedDashboard> {
  const rpcUrls = new Map(localnet.chains.map(({ name, url }) => [name, url]));
  const verifications = new LocalResults(localnet.directory);
  return serveDashboard(await exportDeployments(mesh, rpcUrls), { port, verifications });
}
