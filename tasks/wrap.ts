import { task } from "hardhat/config";

import { onMesh } from "./define";
import { YES, flag, optional, required } from "./options";

const OPTIONS = {
  chain: required("Network name, for example local-home."),
  receiver: optional("Account that gets the result, 0x and 40 digits; the same one unless named."),
  account: optional(
    "Account whose tokens they are, 0x and 40 digits; by default the one whose key is available.",
  ),
  again: flag("Do it although the account's last transaction has done the same."),
  yes: YES,
};

onMesh(
  task("wrap", "Wraps tokens into units whose balance no rebase changes, on one chain."),
  {
    ...OPTIONS,
    amount: required("How much, in tokens, for example 12.5."),
    wrapped: flag("The amount is in wrapped units, and exactly as many are made."),
  },
  async (typed, open) => {
    const { typedWrapping, wrapTokens } = await import("../lib/cli/token/wrap");
    return open((session, confirm) => wrapTokens(session, { ...typed, action: "wrap", confirm }), {
      only: [typed.chain],
      check: (config) => typedWrapping(config, typed),
    });
  },
);

onMesh(
  task("unwrap", "Unwraps wrapped units into the tokens that they are worth, on one chain."),
  { ...OPTIONS, amount: required("How much, in wrapped units, for example 12.5.") },
  async (typed, open) => {
    const { typedWrapping, wrapTokens } = await import("../lib/cli/token/wrap");
    return open(
      (session, confirm) =>
        wrapTokens(session, { ...typed, wrapped: true, action: "unwrap", confirm }),
      { only: [typed.chain], check: (config) => typedWrapping(config, typed) },
    );
  },
);
