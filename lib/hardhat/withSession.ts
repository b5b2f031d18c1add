import type { HardhatRuntimeEnvironment } from "hardhat/types";

import { orFail } from "../cli/failure";
import { whenSlow } from "../cli/progress";

import { compileChanged } from "./compile";
import type { ChainChoice, ChainsSession } from "./chainsSession";
import type { MeshSession, SessionOptions } from "./meshSession";

/**
 * Does something with an open mesh, and closes it whatever happens. An error becomes its message on
 * stderr and exit code 1.
 * @returns what the action returned; undefined when it failed.
 */
export async function withSession<T>(
  hre: HardhatRuntimeEnvironment,
  mesh: string,
  action: (session: MeshSession) => Promise<T>,
  options: SessionOptions = {},
): Promise<T | undefined> {
  return withOpen(
    hre,
    async () => (await import("./meshSession")).openSession(hre, mesh, options),
    action,
  );
}

/** {@link withSession} for chains that are worked on one by one: one that is out of reach stops no other. */
export async function withChains<T>(
  hre: HardhatRuntimeEnvironment,
  mesh: string,
  choice: ChainChoice,
  action: (session: ChainsSession) => Promise<T>,
): Promise<T | undefined> {
  return withOpen(
    hre,
    async () => (await import("./chainsSession")).openChains(hre, mesh, choice),
    action,
  );
}

async function withOpen<S extends { close(): void }, T>(
  hre: HardhatRuntimeEnvironment,
  open: () => Promise<S>,
  action: (session: S) => Promise<T>,
): Promise<T | undefined> {
  return orFail(async () => {
    await compileChanged(hre);
    const session = await whenSlow("opening the mesh …", open);
    try {
      return await action(session);
    } finally {
      session.close();
    }
  });
}
