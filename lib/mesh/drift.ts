import type { MeshChain } from "../core/mesh/mesh";

import type { Step } from "./step";
import { call, change } from "./stepBuilders";

/** A difference from the mesh file that no transaction of a plan can fix. */
export interface Drift {
  /** Unique on its chain: `pool/RMN proxy`. */
  readonly id: string;
  readonly found: string;
  readonly expected: string;
  /** The required action of an operator. */
  readonly recovery: string;
}

/** Compares one fact; returns drift where the two values differ. */
export function fact(id: string, found: string, expected: string, recovery: string): Drift {
  return { id, found, expected, recovery };
}

/** Returns a waiting step for each difference on a chain that only an operator can fix. */
export function driftSteps(chain: MeshChain, now: { readonly drift: readonly Drift[] }): Step[] {
  return now.drift.map(({ id, found, expected, recovery }) => ({
    id: `${chain.name}/${id}`,
    chain: chain.name,
    title: `fix the ${id.replace("/", "'s ")} by hand`,
    changes: [change(id.slice(id.indexOf("/") + 1), found, expected)],
    status: { kind: "waiting", cause: "drift", reason: `manual work: ${recovery}` },
    after: [],
    call: call(chain.contracts.timelock, "the operator", chain.contracts.token, "0x"),
  }));
}
