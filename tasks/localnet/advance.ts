import { types } from "hardhat/config";

import { JSON_FLAG } from "../options";

import { localnetScope } from "./scope";

interface AdvanceArguments {
  readonly time: string;
  readonly json: boolean;
}

localnetScope
  .task("advance", "Moves the clocks of all local chains forward to one second.")
  .addPositionalParam("time", "By how much: 90s, 10m, 1h30m or 2d.", undefined, types.string)
  .addFlag(...JSON_FLAG)
  .setAction(async (options: AdvanceArguments) => {
    const { orFail } = await import("../../lib/cli/failure");
    const { advanceClocks } = await import("../../lib/cli/localnet/advance");
    await orFail(() => advanceClocks(options));
  });
