import { JSON_FLAG, MESH } from "../options";

import { rolesScope } from "./scope";

interface ShowArguments {
  readonly mesh: string;
  readonly json: boolean;
}

rolesScope
  .task(
    "show",
    "Prints every role and ownership on every chain, who has it, who should, and what is being handed over. Exits 2 if any differs, 1 if a chain was not read.",
  )
  .addOptionalParam(MESH.name, MESH.description, MESH.byDefault)
  .addFlag(...JSON_FLAG)
  .setAction(async ({ mesh, json }: ShowArguments, hre) => {
    const { withSession } = await import("../../lib/hardhat/withSession");
    const { showRoles } = await import("../../lib/cli/roles/show");
    const { EXIT } = await import("../../lib/cli/failure");
    const roles = await withSession(hre, mesh, (session) => showRoles(session, { json }), {
      partly: true,
    });
    if (roles?.chains.some(({ differs }) => differs)) process.exitCode = EXIT.drift;
    if (roles?.unread.size) process.exitCode = EXIT.failed;
    return roles;
  });
