import { JSON_FLAG } from "../options";

import { LANE_ENDS, localnetScope } from "./scope";

interface ReleaseArguments {
  readonly from?: string;
  readonly to?: string;
  readonly json: boolean;
}

localnetScope
  .task("release", "Lets the local DON deliver again on a lane, or on all, that was held.")
  .addOptionalParam(...LANE_ENDS.from)
  .addOptionalParam(...LANE_ENDS.to)
  .addFlag(...JSON_FLAG)
  .setAction(async (options: ReleaseArguments) => {
    const { orFail } = await import("../../lib/cli/failure");
    const { releaseLanes } = await import("../../lib/cli/localnet/hold");
    await orFail(() => Promise.resolve(releaseLanes(options)));
  });
