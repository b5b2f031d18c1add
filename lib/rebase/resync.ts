import { abi } from "../core/abis";
import { OperatorError } from "../core/errors";
import type { Mesh, SatelliteChain } from "../core/mesh/mesh";
import { isSameIndex } from "../mesh/components/circuitBreaker";
import type { IndexState } from "../mesh/components/circuitBreaker";
import type { SatelliteState } from "../mesh/state";
import type { Step } from "../mesh/step";
import { call, change, when } from "../mesh/stepBuilders";
import { readHomeStatus } from "./status";

/** A new generation of a satellite's index. */
export interface Resync {
  /** The generation that it begins. */
  readonly generation: bigint;
}

/**
 * Returns the step by which the admin of a satellite's token replaces its index by that of home and begins a new
 * generation: every message that was sent before is dropped. A proposal that was made earlier is executed as it is.
 * @throws OperatorError when a proposal names an index that home does not have.
 */
export async function resyncStep(
  { home, config }: Mesh,
  chain: SatelliteChain,
  now: SatelliteState,
  { generation }: Resync,
): Promise<Step> {
  const { name, contracts } = chain;
  const atHome = await readHomeStatus(home);
  const proposed = proposedIndex(chain, now);
  if (proposed && !isSameIndex(proposed.index, atHome) && proposed.index.epoch >= atHome.epoch) {
    throw new OperatorError(
      "REBASE_REFUSED",
      `The proposal ${proposed.id} to the timelock of ${name} would set epoch ${proposed.index.epoch} with an index that home, at epoch ${atHome.epoch}, does not have: let its canceller cancel it. Nothing was sent.`,
    );
  }
  const { epoch, current, next, effectiveAt } = proposed?.index ?? atHome;
  const data = abi.token.encodeFunctionData("resync", [epoch, current, next, effectiveAt]);
  const is = now.receiver.circuitBreaker.generation;
  return {
    id: `${name}/token/resync generation ${generation}`,
    chain: name,
    title: `replace the index of ${name} by that of ${config.home}, and drop every message that was sent before`,
    changes: [
      change("epoch", String(now.token.epoch), String(epoch)),
      change("generation", String(is), String(generation)),
    ],
    status: when(is >= generation),
    after: [],
    call: call(now.token.admin, "default admin of the token", contracts.token, data),
  };
}

/** Finds the index that a proposal to the timelock would set. */
function proposedIndex(
  { contracts }: SatelliteChain,
  { proposals }: SatelliteState,
): { readonly id: string; readonly index: IndexState } | undefined {
  for (const { id, calls } of proposals) {
    const [only, ...more] = calls;
    if (only?.target !== contracts.token || more.length > 0) continue;
    const parsed = abi.token.parseTransaction({ data: only.data });
    if (parsed?.name !== "resync") continue;
    const [epoch = 0n, current = 0n, next = 0n, effectiveAt = 0n] =
      parsed.args.toArray() as bigint[];
    return { id, index: { epoch, current, next, effectiveAt } };
  }
  return undefined;
}
