import { scope } from "hardhat/config";

/** Tasks about the rate limits of a mesh's lanes. */
export const limitsScope = scope("limits", "How many tokens may leave and arrive on each lane.");
