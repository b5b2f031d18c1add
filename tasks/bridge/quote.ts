import { JSON_FLAG, MESH } from "../options";

import { ACCOUNT, AMOUNT, FEE_TOKEN, FROM, RECEIVER, TO, bridgeScope } from "./scope";

interface QuoteArguments {
  readonly mesh: string;
  readonly from: string;
  readonly to: string;
  readonly amount: string;
  readonly receiver?: string;
  readonly account?: string;
  readonly feeToken?: string;
  readonly json: boolean;
}

bridgeScope
  .task(
    "quote",
    "Says what a transfer costs, what arrives, and what is in its way. Exits 0 if nothing is, else 2.",
  )
  .addParam(...FROM)
  .addParam(...TO)
  .addParam(...AMOUNT)
  .addOptionalParam(...RECEIVER)
  .addOptionalParam(
    ACCOUNT[0],
    "Account that would send them, 0x and 40 digits; whether it has enough is looked at if it is named.",
  )
  .addOptionalParam(...FEE_TOKEN)
  .addOptionalParam(MESH.name, MESH.description, MESH.byDefault)
  .addFlag(...JSON_FLAG)
  .setAction(async ({ mesh, ...options }: QuoteArguments, hre) => {
    const { withSession } = await import("../../lib/hardhat/withSession");
    const { typedTransfer } = await import("../../lib/bridge/request");
    const { showQuote } = await import("../../lib/cli/bridge/quote");
    const { EXIT } = await import("../../lib/cli/failure");
    const answer = await withSession(hre, mesh, (session) => showQuote(session, options), {
      only: [options.from, options.to],
      check: (config) => typedTransfer(config, options),
    });
    if (answer && answer.obstacles.length > 0) process.exitCode = EXIT.drift;
    return answer;
  });
