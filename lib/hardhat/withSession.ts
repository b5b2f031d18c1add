import type { HardhatRuntimeEnvironment } from "hardhat/types";

import { whenSlow } from "../cli/progress";

import { compileChanged } from "./compile";
import type { MeshSession, SessionOptions } from "./meshSession";

/** Runs an action with an open mesh, and closes the mesh afterwards, also after an error. */
export async function withSession<T>(
  hre: HardhatRuntimeEnvironment,
  mesh: string,
  action: (session: MeshSession) => Promise<T>,
  options: SessionOptions = {},
): Promise<T> {
  await compileChanged(hre);
  const session = await whenSlow("opening the mesh …", async () =>
    (await import("./meshSession")).openSession(hre, mesh, options),
  );
  try {
    return await action(session);
  } finally {
    session.close();
  }
}
