import type { InitOptions } from "../../lib/cli/mesh/init";

import { meshScope } from "./scope";

meshScope
  .task("init", "Writes a mesh file into config/meshes, with values to be looked over.")
  .addParam("name", "What the mesh, and its file, shall be called, for example my-dollar.")
  .addParam("home", "Network name of the chain where the token is issued: ethereum-sepolia.")
  .addParam(
    "satellites",
    "Network names of the others, separated by commas: base-sepolia,op-sepolia.",
  )
  .addParam("tokenName", 'Name of the token, for example "My Dollar".')
  .addParam("symbol", "Its symbol, for example MYD.")
  .setAction(async (options: InitOptions) => {
    const { orFail } = await import("../../lib/cli/failure");
    const { initMesh } = await import("../../lib/cli/mesh/init");
    let file: string | undefined;
    await orFail(async () => {
      file = await initMesh(options);
    });
    return file;
  });
