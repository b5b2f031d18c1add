import { Interface, isCallException } from "ethers";
import type { TransactionResponse } from "ethers";
import { released, revertDataOf } from "ccip-localnet/protocol";

import { OperatorError } from "../core/errors";
import { readCurse } from "../ccip/rmn";
import type { Curse } from "../core/reasons/reason";
import { readBuckets } from "../mesh/components/pool/contract";
import type { LaneLimits } from "../core/reasons/reason";
import { abi } from "../core/abis";
import { isDeclaredOpen, widestOutbound } from "../core/mesh/limit";
import { chainsOf, peersOf } from "../core/mesh/mesh";
import type { Mesh, MeshChain } from "../core/mesh/mesh";
import { RampLanes } from "../ccip/ramps";
import { timeOfBlock } from "../rpc/blocks";

import type { FoundRevert } from "./found";
import { pinBlock } from "../rpc/pinnedBlock";

/** A call that reverted, decoded. */
export interface CallFacts {
  /** The contract that was called, by its name in the mesh, or its address. */
  readonly contract: string;
  /** The function, or the selector of the call. */
  readonly function: string;
  /** The destination of a `ccipSend`: a network name, or the selector. */
  readonly destination?: string;
  /** The amount of the transfer, in token units of the mesh. */
  readonly amount?: bigint;
}

/** Facts of a transaction that reverted. */
export interface RevertFacts {
  readonly mesh: { readonly name: string; readonly live: boolean; readonly symbol: string };
  readonly chain: string;
  readonly transactionHash: string;
  readonly from: string;
  readonly call: CallFacts;
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
export async function readRevert(mesh: Mesh, found: FoundRevert): Promise<RevertFacts> {
  const { chain, receipt } = found;
  const { provider, name } = chain;
  const transaction = await provider.getTransaction(receipt.hash);
  if (!transaction) {
    throw new OperatorError(
      "ENDPOINT_INCOMPLETE",
      `The endpoint of ${name} has forgotten ${receipt.hash}: use another url.`,
    );
  }
  const pinnedBlock = await pinBlock(mesh, chain);
  const { from, to, data, value, gasLimit } = transaction;
  const call = { from, to, data, value };
  const at = (block: number) => () => provider.call({ ...call, gasLimit, blockTag: block });
  const called = readCall(mesh, chain, transaction, await calleesOn(mesh, chain));
  const peer = chainsOf(mesh).find((other) => other.name === called.destination);
  const [then, now, minedAt, buckets, curse] = await Promise.all([
    outcomeOf(at(receipt.blockNumber - 1)),
    outcomeOf(() => pinnedBlock.call(call)),
    timeOfBlock(provider, receipt.blockNumber),
    peer && readBuckets(pinnedBlock, chain.contracts.pool, peer.selector),
    peer && readCurse(pinnedBlock, chain.ccip.rmnProxy, peer.selector),
  ]);
  const returnData = then.kind === "reverted" ? then.data : undefined;
  const { config } = mesh;
  return {
    mesh: { name: config.name, live: config.live, symbol: config.token.symbol },
    chain: name,
    transactionHash: receipt.hash,
    from,
    call: called,
    value,
    at: minedAt,
    now: pinnedBlock.timestamp,
    isOutOfGas: isOutOfGas(receipt.gasUsed, gasLimit),
    gasLimit,
    ...(peer &&
      buckets && {
        limits: {
          outbound: buckets.outbound,
          widest: widestOutbound(config),
          isDeclaredOpen: isDeclaredOpen(config, { source: name, destination: peer.name }),
        },
      }),
    ...(curse && { curse }),
    ...(returnData !== undefined && { returnData }),
    ...(now.kind === "reverted" && { returnDataNow: now.data }),
  };
}

type Outcome =
  | { readonly kind: "through" }
  | { readonly kind: "reverted"; readonly data: string }
  | { readonly kind: "unknown" };

async function outcomeOf(call: () => Promise<string>): Promise<Outcome> {
  try {
    await call();
    return { kind: "through" };
  } catch (error) {
    const data = revertDataOf(error);
    if (data !== "0x" || isCallException(error)) return { kind: "reverted", data };
    const isRevert = error instanceof Error && /revert|out of gas|ran out/i.test(error.message);
    return isRevert ? { kind: "reverted", data } : { kind: "unknown" };
  }
}

/** A call retains 1/64 of its gas, so an inner out-of-gas leaves a little. */
function isOutOfGas(used: bigint, limit: bigint): boolean {
  return used * 64n >= limit * 63n;
}

function readCall(
  mesh: Mesh,
  chain: MeshChain,
  { to, data, value }: TransactionResponse,
  callees: readonly Callee[],
): CallFacts {
  const known = callees.find(({ address }) => address === to);
  const parsed = known?.interface.parseTransaction({ data, value });
  const call = {
    contract: known?.name ?? to ?? "a new contract",
    function: parsed?.name ?? data.slice(0, 10),
  };
  if (known?.name !== "router" || parsed?.name !== "ccipSend") return call;
  const [selector, message] = parsed.args.toArray() as [
    bigint,
    { readonly tokenAmounts: readonly { readonly token: string; readonly amount: bigint }[] },
  ];
  const peer = chainsOf(mesh).find((other) => other.selector === selector);
  const mine = message.tokenAmounts.find(({ token }) => token === chain.contracts.token);
  return {
    ...call,
    destination: peer?.name ?? selector.toString(),
    ...(mine && { amount: mine.amount }),
  };
}

interface Callee {
  readonly name: string;
  readonly address: string;
  readonly interface: Interface;
}

async function calleesOn(mesh: Mesh, chain: MeshChain): Promise<Callee[]> {
  const { contracts, ccip } = chain;
  const ramps = await new RampLanes<MeshChain>().rampsOf(chain, peersOf(mesh, chain));
  const own = Object.entries(contracts).map(([name, address]) => ({
    name,
    address: String(address),
    interface: interfaceOf(name),
  }));
  return [
    ...own,
    { name: "router", address: ccip.router, interface: released("router").interface },
    ...ramps.flatMap(({ kind, address, version }) => {
      if (version === undefined) return [];
      const code = released(kind === "OnRamp" ? "onRamp" : "offRamp", version);
      return [{ name: kind, address, interface: code.interface }];
    }),
    {
      name: "token admin registry",
      address: ccip.tokenAdminRegistry,
      interface: released("tokenAdminRegistry").interface,
    },
  ];
}

function interfaceOf(name: string): Interface {
  const own: Readonly<Record<string, Interface>> = abi;
  return own[name] ?? new Interface([]);
}
