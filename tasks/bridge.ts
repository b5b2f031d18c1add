import { scope } from "hardhat/config";

import { onMesh } from "./define";
import { YES, defaulted, flag, optional, positional, required } from "./options";

/** Tasks that bring tokens from one chain to another. */
const bridge = scope("bridge", "Brings tokens from one chain of a mesh to another.");

const TRANSFER = {
  from: required("Network that the tokens leave, for example local-home."),
  to: required("Network that they go to, for example local-sat1."),
  amount: required("How much, in tokens or wrapped units, for example 12.5."),
  wrapped: flag("Send wrapped units: they are unwrapped, sent, and wrapped again on arrival."),
  minimum: optional("With --wrapped, the least wrapped units that have to arrive."),
  receiver: optional("Account that receives them, 0x and 40 digits; the sending one unless named."),
};

const FEE_TOKEN = "What CCIP's fee is paid in: native or link.";

onMesh(
  bridge.task(
    "quote",
    "Says what a transfer costs, what arrives, and what prevents it. Exits 0 if nothing does, else 2.",
  ),
  {
    ...TRANSFER,
    account: optional(
      "Account that would send them, 0x and 40 digits; its balances are checked if it is given.",
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
    "Sends tokens and tracks the message until they arrive. Exits 0 if they have arrived or --no-wait is set, else 2.",
  ),
  {
    ...TRANSFER,
    account: optional(
      "Account that sends them, 0x and 40 digits; by default the one whose key is available.",
    ),
    feeToken: defaulted(FEE_TOKEN, "native"),
    noWait: flag("End when the message is sent; `bridge status` shows its stage."),
    again: flag("Send although the same transfer is in flight, or that is unknown."),
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
    "Shows the stage of a message. Exits 0 if it has arrived, 2 if not or if it failed, 1 if a chain that it depends on was not read.",
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
