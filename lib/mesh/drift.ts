import type { MeshChain } from "../core/mesh/mesh";

import type { Step } from "./step";
import { call, change, stepOn } from "./stepBuilders";

/** A difference from the mesh file that no transaction of a plan can fix. */
export interface Drift {
  /** Unique on its chain: `pool/RMN proxy`. */
  readonly id: string;
  readonly found: string;
  readonly expected: string;
  /** The required action of an operator. */
  readonly recovery: string;
}

/** Returns a waiting step for each difference on a chain that only an operator can fix. */
export function driftSteps(chain: MeshChain, now: { readonly drift: readonly Drift[] }): Step[] {
  return now.drift.map(({ id, found, expected, recovery }) =>
    stepOn(chain, id, {
      title: `fix the ${id.replace("/", "'s ")} by hand`,
      changes: [change(id.slice(id.indexOf("/") + 1), found, expected)],
      status: { kind: "waiting", cause: "drift", reason: `manual work: ${recovery}` },
      call: call(chain.contracts.timelock, "the operator", chain.contracts.token, "0x"),
    }),
  );
}
