import { CURSED, CURSING, localnetScope } from "./scope";

interface UncurseArguments {
  readonly chain: string;
  readonly remote?: string;
}

localnetScope
  .task("uncurse", "Takes a curse on a local chain back.")
  .addParam(...CURSING)
  .addOptionalParam(...CURSED)
  .setAction(async ({ chain, remote }: UncurseArguments) => {
    const { orFail } = await import("../../lib/cli/failure");
    const { changeCurse } = await import("../../lib/localnet/desk/curse");
    await orFail(() => changeCurse("uncurse", { chain, remote }));
  });
