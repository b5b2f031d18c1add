import { JSON_FLAG, MESH, YES_FLAG } from "../options";

import { FEE_CEILING, FEE_TOKEN, NO_FOLLOW_FLAG, rebaseScope } from "./scope";

interface BroadcastArguments {
  readonly mesh: string;
  readonly to?: string;
  readonly all: boolean;
  readonly feeToken: string;
  readonly feeCeiling?: string;
  readonly noFollow: boolean;
  readonly yes: boolean;
  readonly json: boolean;
}

rebaseScope
  .task(
    "broadcast",
    "Sends the newest index to the satellites that are stale, and follows until they have it. Exits 2 if one is still stale, or was named and not sent to.",
  )
  .addOptionalParam(MESH.name, MESH.description, MESH.byDefault)
  .addOptionalParam(
    "to",
    "Send to these satellites whatever they know: op-sepolia,arbitrum-sepolia.",
  )
  .addOptionalParam(FEE_TOKEN.name, FEE_TOKEN.description, FEE_TOKEN.byDefault)
  .addOptionalParam(FEE_CEILING.name, FEE_CEILING.description)
  .addFlag("all", "Send to every satellite, whatever it knows.")
  .addFlag(...NO_FOLLOW_FLAG)
  .addFlag(...YES_FLAG)
  .addFlag(...JSON_FLAG)
  .setAction(async (args: BroadcastArguments, hre) => {
    const { mesh, json, yes, feeToken, feeCeiling, noFollow, to, all } = args;
    const { withSession } = await import("../../lib/hardhat/withSession");
    const { feeCeilingOf, paymentByName } = await import("../../lib/core/payment");
    const { broadcastNewest, requireSatellites } = await import("../../lib/cli/rebase/broadcast");
    const { isDone } = await import("../../lib/cli/rebase/text");
    const { confirm } = await import("../../lib/cli/confirm");
    const { EXIT } = await import("../../lib/cli/failure");
    const names = to?.split(",").map((name) => name.trim());
    const result = await withSession(
      hre,
      mesh,
      (session) =>
        broadcastNewest(session, {
          ...(names !== undefined && { to: names }),
          all,
          payment: paymentByName(feeToken),
          ceiling: feeCeilingOf(feeCeiling),
          follow: !noFollow,
          json,
          confirm: (question) => confirm(question, { live: session.live, yes }),
        }),
      {
        check: (config) => {
          paymentByName(feeToken);
          feeCeilingOf(feeCeiling);
          requireSatellites(config, names ?? []);
        },
      },
    );
    if (result && !isDone(result)) process.exitCode = EXIT.drift;
    return result;
  });
