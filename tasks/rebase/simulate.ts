import { JSON_FLAG, MESH, RAW_FLAG } from "../options";

import { DELAY, FACTOR, PERCENT, rebaseScope } from "./scope";

interface SimulateArguments {
  readonly mesh: string;
  readonly percent?: string;
  readonly factor?: string;
  readonly delay?: string;
  readonly json: boolean;
  readonly raw: boolean;
}

rebaseScope
  .task(
    "simulate",
    "What a rebase would do: guards, fees, gas, balances. Sends nothing. Exits 0 if it would go through, 2 if it would be refused.",
  )
  .addOptionalParam(MESH.name, MESH.description, MESH.byDefault)
  .addOptionalParam(PERCENT.name, PERCENT.description)
  .addOptionalParam(FACTOR.name, FACTOR.description)
  .addOptionalParam(DELAY.name, DELAY.description)
  .addFlag(...JSON_FLAG)
  .addFlag(...RAW_FLAG)
  .setAction(async ({ mesh, json, raw, ...words }: SimulateArguments, hre) => {
    const { withSession } = await import("../../lib/hardhat/withSession");
    const { requestOf } = await import("../../lib/rebase/request");
    const { showSimulation } = await import("../../lib/cli/rebase/simulate");
    const { wouldGoThrough } = await import("../../lib/rebase/simulate");
    const { EXIT } = await import("../../lib/cli/failure");
    const simulation = await withSession(
      hre,
      mesh,
      (session) => showSimulation(session, { json, raw, ...requestOf(words) }),
      { check: () => requestOf(words) },
    );
    if (simulation && !wouldGoThrough(simulation)) process.exitCode = EXIT.drift;
    return simulation;
  });
