import { scope } from "hardhat/config";

/** Tasks that bring tokens from one chain to another. */
export const bridgeScope = scope("bridge", "Brings tokens from one chain of a mesh to another.");

export const FROM = ["from", "Network that the tokens leave, for example local-home."] as const;

export const TO = ["to", "Network that they go to, for example local-sat1."] as const;

export const AMOUNT = ["amount", "How much, in tokens, for example 12.5."] as const;

export const RECEIVER = [
  "receiver",
  "Account that receives them, 0x and 40 digits; the sending one unless named.",
] as const;

export const ACCOUNT = [
  "account",
  "Account that sends them, 0x and 40 digits; the one whose key is at hand unless named.",
] as const;

export const FEE_TOKEN = ["feeToken", "What CCIP's fee is paid in: native or link."] as const;
