import { JSON_FLAG, MESH, YES_FLAG } from "../options";

import {
  DELAY,
  FACTOR,
  FEE_CEILING,
  FEE_TOKEN,
  NO_FOLLOW_FLAG,
  PERCENT,
  rebaseScope,
} from "./scope";

interface ExecuteArguments {
  readonly mesh: string;
  readonly percent?: string;
  readonly factor?: string;
  readonly delay?: string;
  readonly epoch?: string;
  readonly feeToken: string;
  readonly feeCeiling?: string;
  readonly noFollow: boolean;
  readonly yes: boolean;
  readonly json: boolean;
}

rebaseScope
  .task(
    "execute",
    "Simulates, rebases and broadcasts in one go; run again with --epoch it goes on where it was. Exits 2 if a satellite is stale.",
  )
  .addOptionalParam(MESH.name, MESH.description, MESH.byDefault)
  .addOptionalParam(PERCENT.name, PERCENT.description)
  .addOptionalParam(FACTOR.name, FACTOR.description)
  .addOptionalParam(DELAY.name, DELAY.description)
  .addOptionalParam(
    "epoch",
    "The epoch that this rebase shall be, so that it is made at most once; the next one if left out.",
  )
  .addOptionalParam(FEE_TOKEN.name, FEE_TOKEN.description, FEE_TOKEN.byDefault)
  .addOptionalParam(FEE_CEILING.name, FEE_CEILING.description)
  .addFlag(...NO_FOLLOW_FLAG)
  .addFlag(...YES_FLAG)
  .addFlag(...JSON_FLAG)
  .setAction(async (args: ExecuteArguments, hre) => {
    const { mesh, json, yes, feeToken, feeCeiling, noFollow, epoch, ...words } = args;
    const { withSession } = await import("../../lib/hardhat/withSession");
    const { requestOf } = await import("../../lib/rebase/request");
    const { feeCeilingOf, paymentByName } = await import("../../lib/core/payment");
    const { executeRebase } = await import("../../lib/cli/rebase/execute");
    const { confirm } = await import("../../lib/cli/confirm");
    const { EXIT } = await import("../../lib/cli/failure");
    const { parseWhole } = await import("../../lib/core/input/whole");
    const wanted = () =>
      epoch === undefined ? {} : { epoch: parseWhole(epoch, { least: 1n, option: "--epoch" }) };
    const result = await withSession(
      hre,
      mesh,
      (session) =>
        executeRebase(session, {
          ...requestOf(words),
          ...wanted(),
          payment: paymentByName(feeToken),
          ceiling: feeCeilingOf(feeCeiling),
          follow: !noFollow,
          json,
          confirm: (question) => confirm(question, { live: session.live, yes }),
        }),
      {
        check: () => [
          requestOf(words),
          wanted(),
          paymentByName(feeToken),
          feeCeilingOf(feeCeiling),
        ],
      },
    );
    if (result && !result.synced) process.exitCode = EXIT.drift;
    return result;
  });
