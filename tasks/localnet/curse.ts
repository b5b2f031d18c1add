import { CURSED, CURSING, localnetScope } from "./scope";

interface CurseArguments {
  readonly chain: string;
  readonly remote?: string;
}

localnetScope
  .task(
    "curse",
    "Has the RMN of a local chain curse another chain, or everything: CCIP then stops there.",
  )
  .addParam(...CURSING)
  .addOptionalParam(...CURSED)
  .setAction(async ({ chain, remote }: CurseArguments) => {
    const { orFail } = await import("../../lib/cli/failure");
    const { changeCurse } = await import("../../lib/localnet/desk/curse");
    await orFail(() => changeCurse("curse", { chain, remote }));
  });
