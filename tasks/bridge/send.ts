import { JSON_FLAG, MESH, YES_FLAG } from "../options";

import { ACCOUNT, AMOUNT, FEE_TOKEN, FROM, RECEIVER, TO, bridgeScope } from "./scope";

interface SendArguments {
  readonly mesh: string;
  readonly from: string;
  readonly to: string;
  readonly amount: string;
  readonly receiver?: string;
  readonly account?: string;
  readonly feeToken?: string;
  readonly json: boolean;
  readonly yes: boolean;
  readonly noWait: boolean;
  readonly again: boolean;
}

bridgeScope
  .task(
    "send",
    "Sends tokens and follows them until they are there. Exits 0 if they are or need not be waited for, else 2.",
  )
  .addParam(...FROM)
  .addParam(...TO)
  .addParam(...AMOUNT)
  .addOptionalParam(...RECEIVER)
  .addOptionalParam(...ACCOUNT)
  .addOptionalParam(...FEE_TOKEN, "native")
  .addOptionalParam(MESH.name, MESH.description, MESH.byDefault)
  .addFlag("noWait", "End when the message is sent; `bridge status` tells how far it is.")
  .addFlag(
    "again",
    "Send it although the same transfer is in flight, or whether it is cannot be told.",
  )
  .addFlag(...YES_FLAG)
  .addFlag(...JSON_FLAG)
  .setAction(async ({ mesh, yes, ...options }: SendArguments, hre) => {
    const { withSession } = await import("../../lib/hardhat/withSession");
    const { typedTransfer } = await import("../../lib/bridge/request");
    const { bridgeTokens } = await import("../../lib/cli/bridge/send");
    const { confirm } = await import("../../lib/cli/confirm");
    const { EXIT } = await import("../../lib/cli/failure");
    const result = await withSession(
      hre,
      mesh,
      (session) =>
        bridgeTokens(session, {
          ...options,
          confirm: (question) => confirm(question, { live: session.live, yes }),
        }),
      { only: [options.from, options.to], check: (config) => typedTransfer(config, options) },
    );
    const isDone = options.noWait || result?.stage === "executed";
    if (result && !isDone) process.exitCode = EXIT.drift;
    return result;
  });
