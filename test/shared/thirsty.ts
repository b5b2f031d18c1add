import { concat } from "ethers";

/** Returns the code of a proxy that answers only to callers with more gas than CCIP provides. */
export function thirsty(behind: string): string {
  return concat([
    "0x5a61ea60116038", // jump to the revert unless there are 60,000 gas
    "0x57",
    "0x3660006000376000600036600073", // the call, as it came
    behind,
    "0x5af43d6000803e603e573d6000fd", // delegatecall, and its answer
    "0x5b60006000fd", // revert
    "0x5b3d6000f3",
  ]);
}
