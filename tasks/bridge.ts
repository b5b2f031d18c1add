import { scope } from "hardhat/config";

import { onMesh } from "./define";
import { YES, defaulted, flag, optional, positional, required } from "./options";

/** Tasks that bring tokens from one chain to another. */
const bridge = scope("bridge", "Brings tokens from one chain of a mesh to another.");

const TRANSFER = {
  from: required("Network that the tokens leave, for example local-home."),
  to: required("Network that they go to, for example local-sat1."),
  amount: required("How much, in tokens, for example 12.5."),
  receiver: optional("Account that receives them, 0x and 40 digits; the sending one unless named."),
};

const FEE_TOKEN = "What CCIP's fee is paid in: native or link.";

onMesh(
  bridge.task(
    "quote",
    "Says what a transfer costs, what arrives, and what is in its way. Exits 0 if nothing is, else 2.",
  ),
  {
    ...TRANSFER,
    account: optional(
      "Account that would send them, 0x and 40 digits; whether it has enough is looked at if it is named.",
    ),
    feeToken: optional(FEE_TOKEN),
  },
  async (typed, open) => {
    const { typedTransfer } = await import("../lib/bridge/request");
    const { showQuote } = await import("../lib/cli/bridge/quote");
    return open((session) => showQuote(session, typed), {
      only: [typed.from, typed.to],
      check: (config) => typedTransfer(config, typed),
      drift: ({ obstacles }) => obstacles.length > 0,
    });
  },
);

onMesh(
  bridge.task(
    "send",
    "Sends tokens and follows them until they are there. Exits 0 if they are or need not be waited for, else 2.",
  ),
  {
    ...TRANSFER,
    account: optional(
      "Account that sends them, 0x and 40 digits; the one whose key is at hand unless named.",
    ),
    feeToken: defaulted(FEE_TOKEN, "native"),
    noWait: flag("End when the message is sent; `bridge status` tells how far it is."),
    again: flag(
      "Send it although the same transfer is in flight, or whether it is cannot be told.",
    ),
    yes: YES,
  },
  async (typed, open) => {
    const { typedTransfer } = await import("../lib/bridge/request");
    const { bridgeTokens } = await import("../lib/cli/bridge/send");
    return open((session, confirm) => bridgeTokens(session, { ...typed, confirm }), {
      only: [typed.from, typed.to],
      check: (config) => typedTransfer(config, typed),
      drift: ({ stage }) => !typed.noWait && stage !== "executed",
    });
  },
);

onMesh(
  bridge.task(
    "status",
    "Says how far a message is. Exits 0 if it has arrived, 2 if not or if it failed, 1 if a chain that knows was not read.",
  ),
  { hash: positional("A message id, or the hash of the transaction that sent it.") },
  async (typed, open) => {
    const { areOpen, haveArrived, showStatus } = await import("../lib/cli/bridge/status");
    const { parseHash } = await import("../lib/core/input/address");
    const hash = parseHash(typed.hash);
    return open((session) => showStatus(session, { ...typed, hash }), {
      partly: true,
      drift: (statuses) => !haveArrived(statuses),
      failed: areOpen,
    });
  },
);
