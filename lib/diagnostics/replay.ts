import type { Interface, TransactionResponse } from "ethers";
import { released } from "ccip-localnet/protocol";

import { RampLanes } from "../ccip/ramps";
import { readCurse } from "../ccip/rmn";
import { abi } from "../core/abis";
import { OperatorError } from "../core/errors";
import { chainsOf, peersOf } from "../core/mesh/mesh";
import type { Mesh, MeshChain } from "../core/mesh/mesh";
import { laneLimits } from "../core/reasons/limits";
import { meshNames } from "../core/reasons/reason";
import type { Curse, LaneLimits, ReasonContext } from "../core/reasons/reason";
import { tryCall } from "../core/revert/contractError";
import { readBuckets } from "../mesh/components/pool/contract";
import { timeOfBlock } from "../rpc/blocks";
import { pinBlock } from "../rpc/pinned";

import type { FoundRevert } from "./found";

/** Facts of a transaction that reverted. */
export interface RevertFacts {
  readonly mesh: ReasonContext["mesh"];
  readonly chain: string;
  readonly transactionHash: string;
  readonly from: string;
  readonly call: {
    /** The contract that was called, by its name in the mesh, or its address. */
    readonly contract: string;
    /** The function, or the selector of the call. */
    readonly function: string;
    /** The destination of a `ccipSend`: a network name, or the selector. */
    readonly destination?: string;
    /** The amount of the transfer, in token units of the mesh. */
    readonly amount?: bigint;
  };
  readonly value: bigint;
  /** Time of its block, and of the block that was read, unix seconds. */
  readonly at: bigint;
  readonly now: bigint;
  /** True if it used all of its gas. */
  readonly isOutOfGas: boolean;
  readonly gasLimit: bigint;
  /** The current outbound bucket of the lane. */
  readonly limits?: LaneLimits;
  /** The current RMN curse on the lane. */
  readonly curse?: Curse;
  /**
   * Revert data: `0x` if there is none, undefined when it could not be replayed (the endpoint keeps no historical
   * state, or the cause was an earlier transaction in its block).
   */
  readonly returnData?: string;
  /** Revert data of the same call now; undefined when it would succeed. */
  readonly returnDataNow?: string;
}

/** Replays a transaction on the state before its block, and on the current one. */
export async function readRevert(
  mesh: Mesh,
  { chain, receipt }: FoundRevert,
): Promise<RevertFacts> {
  const { provider, name } = chain;
  const transaction = await provider.getTransaction(receipt.hash);
  if (!transaction) {
    throw new OperatorError(
      "ENDPOINT_INCOMPLETE",
      `The endpoint of ${name} does not return the transaction ${receipt.hash}: use another url.`,
    );
  }
  const pinnedBlock = await pinBlock(mesh, chain);
  const { from, to, data, value, gasLimit } = transaction;
  const request = { from, to, data, value };
  const call = readCall(mesh, chain, transaction, await calleeOf(mesh, chain, to));
  const peer = chainsOf(mesh).find((other) => other.name === call.destination);
  const [then, now, at, buckets, curse] = await Promise.all([
    // An endpoint may keep no such old state, and says so in many ways.
    tryCall(provider, { ...request, gasLimit, blockTag: receipt.blockNumber - 1 }).catch(
      () => undefined,
    ),
    tryCall(pinnedBlock, request),
    timeOfBlock(provider, receipt.blockNumber),
    peer && readBuckets(pinnedBlock, chain.contracts.pool, peer.selector),
    peer && readCurse(pinnedBlock, chain.ccip.rmnProxy, peer.selector),
  ]);
  return {
    mesh: meshNames(mesh.config),
    chain: name,
    transactionHash: receipt.hash,
    from,
    call,
    value,
    at,
    now: pinnedBlock.timestamp,
    // A call retains 1/64 of its gas, so an inner out-of-gas leaves a little.
    isOutOfGas: receipt.gasUsed * 64n >= gasLimit * 63n,
    gasLimit,
    limits:
      peer &&
      buckets &&
      laneLimits(mesh.config, { source: name, destination: peer.name }, buckets.outbound),
    curse,
    returnData: then?.outcome === "refused" ? then.returnData : undefined,
    returnDataNow: now.outcome === "refused" ? now.returnData : undefined,
  };
}

function readCall(
  mesh: Mesh,
  chain: MeshChain,
  { to, data, value }: TransactionResponse,
  callee: Callee | undefined,
): RevertFacts["call"] {
  const parsed = callee?.interface.parseTransaction({ data, value });
  const call = {
    contract: callee?.name ?? to ?? "a new contract",
    function: parsed?.name ?? data.slice(0, 10),
  };
  if (callee?.name !== "router" || parsed?.name !== "ccipSend") return call;
  const [selector, message] = parsed.args.toArray() as [
    bigint,
    { readonly tokenAmounts: readonly { readonly token: string; readonly amount: bigint }[] },
  ];
  const peer = chainsOf(mesh).find((other) => other.selector === selector);
  const mine = message.tokenAmounts.find(({ token }) => token === chain.contracts.token);
  return { ...call, destination: peer?.name ?? selector.toString(), amount: mine?.amount };
}

interface Callee {
  readonly name: string;
  readonly interface: Interface;
}

/** Returns the contract of the mesh or of its CCIP at an address of a chain. */
export async function calleeOf(
  mesh: Mesh,
  chain: MeshChain,
  address: string | null,
): Promise<Callee | undefined> {
  const { contracts, ccip } = chain;
  const own: Readonly<Partial<Record<string, string>>> = { ...contracts };
  const known = (Object.keys(abi) as (keyof typeof abi)[]).find((name) => own[name] === address);
  if (known) return { name: known, interface: abi[known] };
  if (address === ccip.router) return { name: "router", interface: released("router").interface };
  if (address === ccip.tokenAdminRegistry) {
    return { name: "token admin registry", interface: released("tokenAdminRegistry").interface };
  }
  const ramps = await new RampLanes<MeshChain>().rampsOf(chain, peersOf(mesh, chain));
  const ramp = ramps.find((one) => one.address === address);
  if (!ramp?.version) return undefined;
  const { interface: code } = released(ramp.kind === "OnRamp" ? "onRamp" : "offRamp", ramp.version);
  return { name: ramp.kind, interface: code };
}
