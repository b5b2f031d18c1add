import type { HardhatRuntimeEnvironment } from "hardhat/types";

import { orFail } from "../cli/failure";

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
  let result: T | undefined;
  await orFail(async () => {
    await hre.run("compile", { quiet: true });
    const { openSession } = await import("./meshSession");
    const session = await openSession(hre, mesh, options);
    try {
      result = await action(session);
    } finally {
      session.close();
    }
  });
  return result;
}
