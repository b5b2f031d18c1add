import { scope } from "hardhat/config";

/** Tasks about the pools that move the token between chains. */
export const poolScope = scope("pool", "The pools that move the token between chains.");
