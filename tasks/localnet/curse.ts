import { JSON_FLAG } from "../options";

import { CURSED, CURSING, localnetScope } from "./scope";

interface CurseArguments {
  readonly chain: string;
  readonly remote?: string;
  readonly json: boolean;
}

localnetScope
  .task(
    "curse",
    "Has the RMN of a local chain curse another chain, or everything: CCIP then stops there.",
  )
  .addParam(...CURSING)
  .addOptionalParam(...CURSED)
  .addFlag(...JSON_FLAG)
  .setAction(async (options: CurseArguments) => {
    const { orFail } = await import("../../lib/cli/failure");
    const { changeCurse } = await import("../../lib/cli/localnet/curse");
    await orFail(() => changeCurse("curse", options));
  });
