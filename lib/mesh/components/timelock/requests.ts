import { ZeroAddress, ZeroHash, id as hash } from "ethers";

import { batchOf } from "../../../ccip/proposalData";
import type { ProposedBatch } from "../../../ccip/proposalData";
import { abi } from "../../../core/abis";
import type { SatelliteChain } from "../../../core/mesh/mesh";
import type { PlannedChain } from "../../planned";
import type { SatelliteState } from "../../state";
import type { Step } from "../../step";
import { proposalDelay } from "./calls";
import type { Operation, PendingProposal } from "./operations";

/** A step of a satellite's timelock that home proposes. */
export interface RoutedStep {
  readonly at: PlannedChain & { readonly chain: SatelliteChain; readonly now: SatelliteState };
  readonly step: Step;
}

/** A batch for one satellite. */
export interface Request {
  readonly selector: bigint;
  readonly validFor: bigint;
  readonly batch: ProposedBatch;
}

/** Returns the arguments by which a timelock executes a pending operation. */
export function batchOfPending({ calls, predecessor, salt }: PendingProposal): Operation["batch"] {
  return [
    calls.map(({ target }) => target),
    calls.map(({ value }) => value),
    calls.map(({ data }) => data),
    predecessor,
    salt,
  ];
}

/** Returns whether a batch makes the call of a step, and no other. */
export function makes(
  { selector, batch: { targets, values, payloads } }: Pick<Request, "selector" | "batch">,
  {
    at: { chain },
    step: {
      call: { to, value, data },
    },
  }: RoutedStep,
): boolean {
  return (
    selector === chain.selector &&
    targets.length === 1 &&
    targets[0] === to &&
    values[0] === value &&
    payloads[0] === data
  );
}

/** Returns the request that carries the call of a step. */
export function requestFor(
  { mesh, chain, now }: RoutedStep["at"],
  { id, call: made }: Step,
): Request {
  return {
    selector: chain.selector,
    validFor: BigInt(mesh.config.proposals?.validFor ?? 0),
    batch: {
      targets: [made.to],
      values: [made.value],
      payloads: [made.data],
      predecessor: ZeroHash,
      salt: hash(id),
      delay: proposalDelay(mesh, now),
    },
  };
}

/** Encodes the call by which the sender proposes. @param maxFee the most that all fees may come to, wei of native. */
export function proposeData(requests: readonly Request[], maxFee: bigint): string {
  const given = requests.map(({ selector, validFor, batch }) => ({
    selector,
    validFor,
    batch: {
      ...batch,
      targets: [...batch.targets],
      values: [...batch.values],
      payloads: [...batch.payloads],
    },
  }));
  return abi.proposalSender.encodeFunctionData("propose", [given, ZeroAddress, maxFee]);
}

/** Decodes the requests of a call to the sender; none of any other call. */
function requestsIn(data: string): Request[] {
  const parsed = abi.proposalSender.parseTransaction({ data });
  if (parsed?.name !== "propose") return [];
  const [requests] = parsed.args.toArray(true) as [[bigint, bigint, unknown[]][]];
  return requests.map(([selector, validFor, batch]) => ({
    selector,
    validFor,
    batch: batchOf(batch),
  }));
}

/** Returns a short text that differs between requests, whatever their fees. */
export function keyOf(requests: readonly Request[]): string {
  return hash(proposeData(requests, 0n)).slice(2, 10);
}

/** Returns the requests that an operation of home's timelock sends. */
export function requestsOf({ calls }: Pick<PendingProposal, "calls">, sender: string): Request[] {
  return calls.filter(({ target }) => target === sender).flatMap(({ data }) => requestsIn(data));
}
