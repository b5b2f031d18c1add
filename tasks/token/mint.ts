import { ACCOUNT, JSON_FLAG, MESH, YES_FLAG } from "../options";

import { tokenScope } from "./scope";

interface MintArguments {
  readonly mesh: string;
  readonly to: string;
  readonly amount: string;
  readonly account?: string;
  readonly again: boolean;
  readonly whilePending: boolean;
  readonly yes: boolean;
  readonly json: boolean;
}

tokenScope
  .task("mint", "Issues tokens on the home chain, for example --to 0x… --amount 12.5.")
  .addParam("to", "Account that receives them (0x…).")
  .addParam("amount", "Amount in tokens, for example 12.5.")
  .addOptionalParam(ACCOUNT.name, "Account that issues (0x…); the mesh file's issuer unless named.")
  .addFlag("again", "Issue although the issuer's last transaction was the same, or is unknown.")
  .addFlag("whilePending", "Issue although a scheduled rebase would change what is issued.")
  .addOptionalParam(MESH.name, MESH.description, MESH.byDefault)
  .addFlag(...YES_FLAG)
  .addFlag(...JSON_FLAG)
  .setAction(async ({ mesh, yes, ...options }: MintArguments, hre) => {
    const { withSession } = await import("../../lib/hardhat/withSession");
    const { mintTokens, typedIssue } = await import("../../lib/cli/token/mint");
    const { confirm } = await import("../../lib/cli/confirm");
    return withSession(
      hre,
      mesh,
      (session) =>
        mintTokens(session, {
          ...options,
          confirm: (question) => confirm(question, { live: session.live, yes }),
        }),
      { check: (config) => typedIssue(config, options) },
    );
  });
