import { scope } from "hardhat/config";

/** Tasks that count what was issued. */
export const supplyScope = scope("supply", "Whether every share that was issued is accounted for.");
