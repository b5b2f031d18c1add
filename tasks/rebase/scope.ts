import { scope } from "hardhat/config";

/** Tasks that change the index and tell it to every chain. */
export const rebaseScope = scope(
  "rebase",
  "What every chain knows of the index, and what changes it.",
);

/** The options of a rebase: percent or factor, and optionally a delay. */
export const PERCENT = {
  name: "percent",
  description: "By how much balances change, in percent, for example 1.5, or -2 for a loss.",
} as const;

export const FACTOR = {
  name: "factor",
  description: "The same as a factor: 1.015 is +1.5 %. Instead of --percent.",
} as const;

export const DELAY = {
  name: "delay",
  description:
    "Time from scheduling to counting, for example 1h30m, or seconds; the controller's own if left out. Only a loss may count sooner.",
} as const;

export const FEE_TOKEN = {
  name: "feeToken",
  description:
    "Who pays CCIP in what: native or link of the account that signs; treasury or treasury-link.",
  byDefault: "native",
} as const;

export const FEE_CEILING = {
  name: "feeCeiling",
  description:
    "The most that all fees of this run may come to, in whole units of the fee token, for example 0.05; what is quoted and a tenth more if left out.",
} as const;

export const NO_FOLLOW_FLAG = [
  "noFollow",
  "End once the messages are sent instead of following them until they are executed.",
] as const;

export const PENDING_OUT = [
  "out",
  "Write it for Safe's Transaction Builder into this folder, and send nothing.",
] as const;

export const WAIT_FLAG = [
  "wait",
  "Wait for the timelock instead of ending; local networks always wait.",
] as const;
