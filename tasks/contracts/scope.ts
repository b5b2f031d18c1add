import { scope } from "hardhat/config";

/** Tasks about the contracts as they are deployed. */
export const contractsScope = scope("contracts", "The contracts of a mesh as they are deployed.");
