import { scope } from "hardhat/config";

/** Tasks that run a local network, and break it on purpose. */
export const localnetScope = scope(
  "localnet",
  "A local network of real nodes with the released CCIP contracts.",
);

/** The chain whose RMN curses. */
export const CURSING = ["chain", "Network whose RMN curses, for example local-sat1."] as const;

/** The subject of the curse. */
export const CURSED = [
  "remote",
  "Network that it curses, for example local-home; everything unless named.",
] as const;

/** One end of a lane that is held. */
export const LANE_ENDS = {
  from: ["from", "Network where the lane begins, for example local-home; any unless named."],
  to: ["to", "Network where the lane ends, for example local-sat1; any unless named."],
} as const;
