import type { MeshChain } from "../mesh";
import type { ChainState } from "../state";
import type { Step } from "../step";

import { call, change } from "./draft";

/** A step for everything on a chain that only people can mend; none when nothing is broken. */
export function faultSteps(chain: MeshChain, now: ChainState): Step[] {
  return now.faults.map(({ id, found, expected, remedy }) => ({
    id: `${chain.name}/${id}`,
    chain: chain.name,
    title: `mend the ${id.replace("/", "'s ")} by hand`,
    changes: [change(id.slice(id.indexOf("/") + 1), found, expected)],
    status: { kind: "waiting", cause: "fault", reason: `people: ${remedy}` },
    after: [],
    call: call(chain.contracts.timelock, "whoever mends it", chain.contracts.token, "0x"),
  }));
}
