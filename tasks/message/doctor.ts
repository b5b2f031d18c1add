import { JSON_FLAG, MESH } from "../options";

import { WHERE, messageScope } from "./scope";

interface DoctorArguments {
  readonly hash: string;
  readonly mesh: string;
  readonly chain?: string;
  readonly since?: string;
  readonly json: boolean;
}

messageScope
  .task(
    "doctor",
    "Says what happened to a message, why, and what repairs it. Exits 0 if nothing is to do, 2 if something is, 1 on error.",
  )
  .addPositionalParam("hash", "Message id, or hash of a transaction that sent, executed or failed.")
  .addOptionalParam(WHERE.chain.name, WHERE.chain.description)
  .addOptionalParam(WHERE.since.name, WHERE.since.description)
  .addOptionalParam(MESH.name, MESH.description, MESH.byDefault)
  .addFlag(...JSON_FLAG)
  .setAction(async ({ mesh, json, ...words }: DoctorArguments, hre) => {
    const { withSession } = await import("../../lib/hardhat/withSession");
    const { runDoctor } = await import("../../lib/cli/message/doctor");
    const { isSettled } = await import("../../lib/diagnostics/diagnosis");
    const { createProgress, NO_PROGRESS } = await import("../../lib/cli/progress");
    const { typedMessage } = await import("../../lib/cli/message/typed");
    const { EXIT } = await import("../../lib/cli/failure");
    const progress = json ? NO_PROGRESS : createProgress();
    const reports = await withSession(
      hre,
      mesh,
      (session) => {
        const { hash, ...where } = typedMessage(session.mesh.config, words);
        return runDoctor(session, hash, { ...where, json, progress });
      },
      { partly: true, check: (config) => typedMessage(config, words) },
    );
    if (reports?.some(({ diagnosis }) => !isSettled(diagnosis))) {
      process.exitCode = EXIT.drift;
    }
    return reports;
  });
