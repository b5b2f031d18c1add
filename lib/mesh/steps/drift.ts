import type { MeshChain } from "../../core/mesh/mesh";
import type { ChainState } from "../state";
import type { Step } from "../step";

import { call, change } from "./stepBuilders";

/** A step for everything on a chain that only people can mend; none when nothing is broken. */
export function driftSteps(chain: MeshChain, now: ChainState): Step[] {
  return now.drift.map(({ id, found, expected, recovery }) => ({
    id: `${chain.name}/${id}`,
    chain: chain.name,
    title: `mend the ${id.replace("/", "'s ")} by hand`,
    changes: [change(id.slice(id.indexOf("/") + 1), found, expected)],
    status: { kind: "waiting", cause: "drift", reason: `people: ${recovery}` },
    after: [],
    call: call(chain.contracts.timelock, "whoever mends it", chain.contracts.token, "0x"),
  }));
}
