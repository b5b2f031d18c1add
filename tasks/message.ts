import { scope } from "hardhat/config";

import { onMesh } from "./define";
import { YES, optional, positional } from "./options";

/** Tasks about single messages between the chains of a mesh. */
const message = scope("message", "Diagnosing and executing messages between chains.");

/** Options that narrow the search for a message. */
const WHERE = {
  chain: optional("Network that sent it, for example op-sepolia; every chain unless named."),
  since: optional("Block of --chain before which it was not sent, for example 7300000."),
};

onMesh(
  message.task(
    "doctor",
    "Explains the state of a message, its cause and the fix. Exits 0 if nothing is to do, 2 if something is, 1 on error.",
  ),
  {
    hash: positional("Message id, or hash of a transaction that sent, executed or failed."),
    ...WHERE,
  },
  async (typed, open) => {
    const { runDoctor } = await import("../lib/cli/message/doctor");
    const { isSettled } = await import("../lib/diagnostics/diagnosis");
    const { progressOf } = await import("../lib/cli/progress");
    const { typedMessage } = await import("../lib/cli/message/typed");
    return open(
      (session) => {
        const { hash, ...where } = typedMessage(session.mesh.config, typed);
        const { json } = typed;
        return runDoctor(session, hash, { ...where, json, progress: progressOf(json) });
      },
      {
        partly: true,
        check: (config) => typedMessage(config, typed),
        drift: (reports) => reports.some(({ diagnosis }) => !isSettled(diagnosis)),
      },
    );
  },
);

onMesh(
  message.task(
    "execute",
    "Executes a message by hand, which any account may pay for. Simulates it first.",
  ),
  {
    hash: positional("Message id, or hash of the transaction that sent it."),
    receiverGas: optional(
      "Gas for the receiver of a broadcast or call, for example 300000; never less than before.",
    ),
    tokenGas: optional("Gas for the pool that mints, for example 150000; never less than before."),
    results: optional(
      'File of verifier results for a message of CCIP 2.0: [{"verifier": "0x…", "results": "0x…"}], or what Chainlink\'s indexer or API answers. Where they are published unless named.',
    ),
    account: optional(
      "Address that signs and pays; by default the account whose key is available.",
    ),
    ...WHERE,
    yes: YES,
  },
  async (typed, open) => {
    const { executeMessage } = await import("../lib/cli/message/execute");
    const { typedGas, typedMessage } = await import("../lib/cli/message/typed");
    const { progressOf } = await import("../lib/cli/progress");
    const { results, account, json } = typed;
    const gas = typedGas(typed);
    return open(
      (session, confirm) => {
        const { hash, ...where } = typedMessage(session.mesh.config, typed);
        const progress = progressOf(json);
        return executeMessage(session, hash, {
          ...where,
          ...gas,
          results,
          account,
          json,
          progress,
          confirm,
        });
      },
      {
        check: (config) => typedMessage(config, typed),
        drift: (executed) => executed.some(({ outcome }) => outcome === "failed"),
      },
    );
  },
);
