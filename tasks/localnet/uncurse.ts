import { JSON_FLAG } from "../options";

import { CURSED, CURSING, localnetScope } from "./scope";

interface UncurseArguments {
  readonly chain: string;
  readonly remote?: string;
  readonly json: boolean;
}

localnetScope
  .task("uncurse", "Takes a curse on a local chain back.")
  .addParam(...CURSING)
  .addOptionalParam(...CURSED)
  .addFlag(...JSON_FLAG)
  .setAction(async (options: UncurseArguments) => {
    const { orFail } = await import("../../lib/cli/failure");
    const { changeCurse } = await import("../../lib/cli/localnet/curse");
    await orFail(() => changeCurse("uncurse", options));
  });
