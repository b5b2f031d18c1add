import { JSON_FLAG, MESH, YES_FLAG } from "../options";

import { WHERE, messageScope } from "./scope";

interface ExecuteArguments {
  readonly hash: string;
  readonly mesh: string;
  readonly chain?: string;
  readonly since?: string;
  readonly receiverGas?: string;
  readonly tokenGas?: string;
  readonly results?: string;
  readonly account?: string;
  readonly yes: boolean;
  readonly json: boolean;
}

messageScope
  .task("execute", "Executes a message by hand, which any account may pay for. Simulates it first.")
  .addPositionalParam("hash", "Message id, or hash of the transaction that sent it.")
  .addOptionalParam(
    "receiverGas",
    "Gas for the receiver of a broadcast or call, for example 300000; only ever more than before.",
  )
  .addOptionalParam(
    "tokenGas",
    "Gas for the pool that mints, for example 150000; only ever more than before.",
  )
  .addOptionalParam(
    "results",
    'File of verifier results for a message of CCIP 2.0: [{"verifier": "0x…", "results": "0x…"}], or what Chainlink\'s indexer or API answers. Where they are published unless named.',
  )
  .addOptionalParam(
    "account",
    "Address that signs and pays; by default the account whose key is available.",
  )
  .addOptionalParam(WHERE.chain.name, WHERE.chain.description)
  .addOptionalParam(WHERE.since.name, WHERE.since.description)
  .addOptionalParam(MESH.name, MESH.description, MESH.byDefault)
  .addFlag(...YES_FLAG)
  .addFlag(...JSON_FLAG)
  .setAction(
    async ({ mesh, yes, json, results: file, account, ...words }: ExecuteArguments, hre) => {
      const { withSession } = await import("../../lib/hardhat/withSession");
      const { executeMessage } = await import("../../lib/cli/message/execute");
      const { typedGas, typedMessage } = await import("../../lib/cli/message/typed");
      const { createProgress, NO_PROGRESS } = await import("../../lib/cli/progress");
      const { confirm } = await import("../../lib/cli/confirm");
      const { EXIT } = await import("../../lib/cli/failure");
      const results = await withSession(
        hre,
        mesh,
        (session) => {
          const { hash, ...where } = typedMessage(session.mesh.config, words);
          return executeMessage(session, hash, {
            ...where,
            ...typedGas(words),
            results: file,
            account,
            json,
            progress: json ? NO_PROGRESS : createProgress(),
            confirm: (question) => confirm(question, { live: session.live, yes }),
          });
        },
        { check: (config) => [typedMessage(config, words), typedGas(words)] },
      );
      if (results?.some(({ outcome }) => outcome === "failed")) process.exitCode = EXIT.drift;
      return results;
    },
  );
