import { scope } from "hardhat/config";

/** Tasks about single messages between the chains of a mesh. */
export const messageScope = scope(
  "message",
  "What has become of a message between chains, and how to help it along.",
);

/** Options that narrow the search for a message. */
export const WHERE = {
  chain: {
    name: "chain",
    description: "Network that sent it, for example op-sepolia; every chain unless named.",
  },
  since: {
    name: "since",
    description: "Block of --chain before which it was not sent, for example 7300000.",
  },
} as const;
