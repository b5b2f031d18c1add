import { DESTRUCTIVE_FLAG } from "../mesh/scope";
import { JSON_FLAG, MESH, YES_FLAG } from "../options";

import { limitsScope } from "./scope";

interface SetArguments {
  readonly mesh: string;
  readonly from: string;
  readonly to: string;
  readonly capacity?: string;
  readonly rate?: string;
  readonly inboundCapacity?: string;
  readonly inboundRate?: string;
  readonly unlimited: boolean;
  readonly closed: boolean;
  readonly allowDestructive: boolean;
  readonly wait: boolean;
  readonly yes: boolean;
  readonly json: boolean;
}

limitsScope
  .task(
    "set",
    "Sets what may leave and arrive on one lane before the mesh file declares it, and names the line to write there: for emergencies. Exits 2 if steps wait.",
  )
  .addParam("from", "Network that the tokens leave, for example op-sepolia.")
  .addParam("to", "Network that they arrive at, for example ethereum-sepolia.")
  .addOptionalParam("capacity", "Most tokens that may leave in one burst, for example 5000.")
  .addOptionalParam("rate", "Tokens per second by which that refills, for example 0.5.")
  .addOptionalParam(
    "inboundCapacity",
    "Most tokens that may arrive in one burst; follows from --capacity unless named.",
  )
  .addOptionalParam("inboundRate", "Tokens per second by which that refills.")
  .addFlag("unlimited", "Let any amount pass.")
  .addFlag("closed", "Let nothing pass.")
  .addOptionalParam(MESH.name, MESH.description, MESH.byDefault)
  .addFlag("wait", "Wait for messages in flight instead of ending; local networks always wait.")
  .addFlag(...DESTRUCTIVE_FLAG)
  .addFlag(...YES_FLAG)
  .addFlag(...JSON_FLAG)
  .setAction(async ({ mesh, yes, ...options }: SetArguments, hre) => {
    const { withSession } = await import("../../lib/hardhat/withSession");
    const { typedLimit } = await import("../../lib/mesh/limits/change");
    const { setLimits } = await import("../../lib/cli/limits/set");
    const { confirm } = await import("../../lib/cli/confirm");
    const { EXIT } = await import("../../lib/cli/failure");
    const result = await withSession(
      hre,
      mesh,
      (session) =>
        setLimits(session, {
          ...options,
          confirm: (question) => confirm(question, { live: session.live, yes }),
        }),
      { only: [options.from, options.to], check: (config) => typedLimit(config, options) },
    );
    if (result && result.open.length > 0) process.exitCode = EXIT.drift;
    return result;
  });
