import { scope } from "hardhat/config";

import { isPartial, onMesh } from "./define";

onMesh(
  scope("roles", "Who may do what on every chain of a mesh.").task(
    "show",
    "Prints every role and ownership on every chain, who has it, who should, and what is being handed over. Exits 2 if any differs, 1 if a chain was not read.",
  ),
  {},
  async (typed, open) => {
    const { showRoles } = await import("../lib/cli/roles/show");
    return open((session) => showRoles(session, typed), {
      partly: true,
      drift: ({ chains }) => chains.some(({ differs }) => differs),
      failed: isPartial,
    });
  },
);
