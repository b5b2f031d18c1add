import { JSON_FLAG } from "../options";

import { LANE_ENDS, localnetScope } from "./scope";

interface HoldArguments {
  readonly from?: string;
  readonly to?: string;
  readonly execution: boolean;
  readonly json: boolean;
}

localnetScope
  .task("hold", "Keeps the local DON from delivering on a lane, or on all, until it is released.")
  .addOptionalParam(...LANE_ENDS.from)
  .addOptionalParam(...LANE_ENDS.to)
  .addFlag("execution", "Commit or verify what is sent, and execute nothing.")
  .addFlag(...JSON_FLAG)
  .setAction(async (options: HoldArguments) => {
    const { orFail } = await import("../../lib/cli/failure");
    const { holdLanes } = await import("../../lib/cli/localnet/hold");
    await orFail(() => Promise.resolve(holdLanes(options)));
  });
