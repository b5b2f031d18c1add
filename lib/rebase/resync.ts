import { abi } from "../core/abis";
import { OperatorError } from "../core/errors";
import type { Mesh, SatelliteChain } from "../core/mesh/mesh";
import { operationId } from "../ccip/proposalData";
import { isSameIndex } from "../mesh/components/circuitBreaker";
import type { IndexState } from "../mesh/components/circuitBreaker";
import { readOperation } from "../mesh/components/timelock/operations";
import type { SatelliteState } from "../mesh/state";
import type { Step } from "../mesh/step";
import { call, change, when } from "../mesh/stepBuilders";
import { pinAt } from "../rpc/pinned";
import { readHomeStatus } from "./status";

/** A new generation of a satellite's index. */
export interface Resync {
  /** The generation that it begins. */
  readonly generation: bigint;
}

/**
 * Returns the step by which the admin of a satellite's token replaces its index by that of home and begins a new
 * generation: every message that was sent before is dropped. A proposal that it made earlier is executed as it is.
 * @throws OperatorError when a proposal names an index that home does not have, and the step did not make it of an
 * earlier one.
 */
export async function resyncStep(
  { home, config }: Mesh,
  chain: SatelliteChain,
  now: SatelliteState,
  { generation }: Resync,
): Promise<Step> {
  const { name, contracts } = chain;
  const atHome = await readHomeStatus(home);
  const id = `${name}/token/resync generation ${generation}`;
  const proposed = await proposedIndex(chain, now, id);
  const isOlder = proposed?.isOurs && proposed.index.epoch < atHome.epoch;
  if (proposed && !isOlder && !isSameIndex(proposed.index, atHome)) {
    throw new OperatorError(
      "REBASE_REFUSED",
      `The proposal ${proposed.id} to the timelock of ${name} would set epoch ${proposed.index.epoch} with an index that home, at epoch ${atHome.epoch}, does not have: let its canceller cancel it. Nothing was sent.`,
    );
  }
  const { epoch, current, next, effectiveAt } = proposed?.index ?? atHome;
  const data = abi.token.encodeFunctionData("resync", [epoch, current, next, effectiveAt]);
  const is = now.receiver.circuitBreaker.generation;
  return {
    id,
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

interface Proposed {
  /** The id of the operation. */
  readonly id: string;
  readonly index: IndexState;
  /** True if it was proposed by the step, from the index that home had then. */
  readonly isOurs: boolean;
}

/** Finds the index that a proposal to the timelock would set. */
async function proposedIndex(
  chain: SatelliteChain,
  { proposals, blockNumber }: SatelliteState,
  step: string,
): Promise<Proposed | undefined> {
  const { token } = chain.contracts;
  for (const { id, calls } of proposals) {
    const [only, ...more] = calls;
    if (only?.target !== token || more.length > 0) continue;
    const parsed = abi.token.parseTransaction({ data: only.data });
    if (parsed?.name !== "resync") continue;
    const [epoch = 0n, current = 0n, next = 0n, effectiveAt = 0n] =
      parsed.args.toArray() as bigint[];
    const pinned = await pinAt(chain.name, chain.provider, blockNumber);
    const ours = await readOperation(chain, pinned, [{ to: token, ...only }], step);
    const isOurs = operationId(ours.batch) === id;
    return { id, index: { epoch, current, next, effectiveAt }, isOurs };
  }
  return undefined;
}
