import type { HardhatRuntimeEnvironment } from "hardhat/types";

import { whenSlow } from "../cli/progress";

import { compileChanged } from "./compile";
import type { ChainChoice, ChainsSession } from "./chainsSession";
import type { MeshSession, SessionOptions } from "./meshSession";

/** Does something with an open mesh, and closes it whatever happens. */
export async function withSession<T>(
  hre: HardhatRuntimeEnvironment,
  mesh: string,
  action: (session: MeshSession) => Promise<T>,
  options: SessionOptions = {},
): Promise<T> {
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
): Promise<T> {
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
): Promise<T> {
  await compileChanged(hre);
  const session = await whenSlow("opening the mesh …", open);
  try {
    return await action(session);
  } finally {
    session.close();
  }
}
