import { scope } from "hardhat/config";

/** Tasks about the token itself. */
export const tokenScope = scope("token", "The token of a mesh, on one chain or on all.");

export const CHAIN = { name: "chain", description: "Network that is meant." } as const;

export const ALL_FLAG = ["all", "Every chain of the mesh, all at once."] as const;
