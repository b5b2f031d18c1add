import { scope } from "hardhat/config";

/** Tasks about who may do what. */
export const rolesScope = scope("roles", "Who may do what on every chain of a mesh.");
