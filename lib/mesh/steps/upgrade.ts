import { abi } from "../../core/abis";
import type { MeshChain } from "../../core/mesh/mesh";
import type { ChainState } from "../state";
import type { Step } from "../step";

import { TO_DO, call, change } from "./stepBuilders";

/** Returns the step by which the token comes to run the newest implementation on record; none when it does. */
export function upgradeSteps(chain: MeshChain, { upgrade, token }: ChainState): Step[] {
  if (!upgrade) return [];
  const { running, implementation, migration, problems } = upgrade;
  return [
    {
      id: `${chain.name}/token/upgrade`,
      chain: chain.name,
      title: `upgrade the token to the implementation ${implementation}`,
      changes: [
        change("implementation", running, implementation),
        ...(migration === "0x" ? [] : [change("called with", "nothing", migration)]),
      ],
      status:
        problems.length === 0
          ? TO_DO
          : {
              kind: "waiting",
              cause: "drift",
              reason: `another implementation, for this one is refused: ${problems.join("; ")}`,
            },
      after: [],
      call: call(
        token.admin,
        "default admin of the token",
        chain.contracts.token,
        abi.token.encodeFunctionData("upgradeToAndCall", [implementation, migration]),
      ),
    },
  ];
}
