import type { Progress } from "../core/progress";
import type { Mesh } from "../core/mesh/mesh";

import { deployContracts } from "./contracts";
import { startLocalnet } from "./localnet";
import type { Localnet, LocalnetOptions } from "./localnet";
import { wireMesh } from "./wiring";

/** A local network with the token on it. */
export interface LaunchedMesh {
  readonly localnet: Localnet;
  readonly mesh: Mesh;
}

/**
 * Starts a local network with the token deployed and, by default, wired. When a step
 * fails, everything that runs by then is stopped.
 * @param options of the network; `unwired` deploys the contracts without wiring them.
 */
export async function launchMesh(
  options: LocalnetOptions & { readonly unwired?: boolean },
  progress: Progress,
): Promise<LaunchedMesh> {
  const count = options.chains ?? 3;
  const localnet = await progress.during(`start ${count} chains with CCIP`, () =>
    startLocalnet(options),
  );
  try {
    const mesh = await progress.during("deploy the contracts", () => deployContracts(localnet));
    if (!options.unwired) {
      const { sent, open } = await progress.during("wire the mesh", () => wireMesh(mesh, localnet));
      const [first] = open;
      if (first)
        throw new Error(`The wiring stopped at ${first.id}, ${open.length} steps are open.`);
      progress.note(`${sent} transactions; the timelocks hold every permanent role`);
    }
    return { localnet, mesh };
  } catch (error) {
    await localnet.stop();
    throw error;
  }
}
