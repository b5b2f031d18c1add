import { encodeEventTopics, zeroAddress } from "viem";
import type { Hex } from "viem";
import { z } from "zod";
import { released, toRouterMessage } from "ccip-localnet/protocol";

import { readAt } from "../model/reading";
import type { Read } from "../model/reading";
import { movementOf } from "core/shares";
import { hex } from "../deployments";
import type { DeployedChain, MeshDescription } from "../deployments";
import type { ShareMovement } from "../model/history";
import type { CountedAt } from "../model/worth";
import type { ChainLog } from "./cache";
import { clientOf, readNewest } from "./client";
import { getLogs, readLogsThrough, withTimes } from "./logs";
import type { Ledger } from "./logs";

/** Balances of an account on a chain. */
export interface Holding {
  readonly shares: bigint;
  /** Wei of native currency. */
  readonly native: bigint;
  /** Wei of LINK. */
  readonly link: bigint;
}

/** Reads the balances of an account on a chain. */
export function readHolding(
  mesh: MeshDescription,
  chain: DeployedChain,
  account: Hex,
): Promise<Read<Holding>> {
  return readNewest(chain, async (client, blockNumber) => {
    const [shares, native, link] = await Promise.all([
      sharesOf(mesh, chain, account, blockNumber),
      client.getBalance({ address: account, blockNumber }),
      client.readContract({
        address: hex(chain.ccip.link),
        abi: mesh.own.token,
        functionName: "balanceOf",
        args: [account],
        blockNumber,
      }),
    ]);
    return { shares, native, link };
  });
}

/** Reads the shares of an account at the block of a ledger, so that shares in flight can be added. */
export async function readCounted(
  mesh: MeshDescription,
  chain: DeployedChain,
  account: Hex,
  ledger: Read<Ledger>,
): Promise<Read<CountedAt>> {
  const block = ledger.value.blockNumber;
  const newest = await clientOf(chain).getBlockNumber({ cacheTime: 0 });
  const [shares, newestShares] = await Promise.all([
    sharesOf(mesh, chain, account, BigInt(block)),
    sharesOf(mesh, chain, account, newest > BigInt(block) ? newest : BigInt(block)),
  ]);
  return readAt({ shares, block, newestShares }, ...ledger.at);
}

function sharesOf(mesh: MeshDescription, chain: DeployedChain, account: Hex, blockNumber: bigint) {
  return clientOf(chain).readContract({
    address: hex(chain.contracts.token),
    abi: mesh.own.token,
    functionName: "sharesOf",
    args: [account],
    blockNumber,
  });
}

/**
 * Reads every movement of an account's shares on a chain, oldest first.
 * @throws when they do not add up to the account's shares.
 */
export async function readMovements(
  mesh: MeshDescription,
  chain: DeployedChain,
  account: Hex,
): Promise<Read<readonly ShareMovement[]>> {
  const { token } = chain.contracts;
  const abi = mesh.own.token;
  const filters = [
    encodeEventTopics({ abi, eventName: "TransferShares", args: { from: account } }),
    encodeEventTopics({ abi, eventName: "TransferShares", args: { to: account } }),
  ].map((topics) => topics.map((topic) => (topic === null ? null : String(topic))));
  const { block, logs } = await readLogsThrough(
    mesh,
    chain,
    `${token}:${account}`,
    async (range) => {
      const found = await Promise.all(
        filters.map((topics) => getLogs(chain, range, [token], topics)),
      );
      return withTimes(chain, found.flat());
    },
    async (blockNumber) => ({ shares: await sharesOf(mesh, chain, account, blockNumber) }),
    (found) => movementsOf(found, account).reduce((sum, { shares }) => sum + shares, 0n),
  );
  // Several blocks of a chain may have the same time.
  const inOrder = [...logs].sort((x, y) => x.blockNumber - y.blockNumber || x.index - y.index);
  return readAt(movementsOf(inOrder, account), block);
}

function movementsOf(logs: readonly ChainLog[], account: Hex): ShareMovement[] {
  return logs.flatMap((log): ShareMovement[] => {
    const movement = movementOf(log);
    // A transfer to oneself is found twice and moves nothing.
    if (!movement || movement.from === movement.to) return [];
    const isIncoming = movement.to.toLowerCase() === account.toLowerCase();
    return [{ time: log.time, shares: isIncoming ? movement.shares : -movement.shares }];
  });
}

/** A transfer of tokens over a lane. */
export interface BridgeOrder {
  readonly source: DeployedChain;
  readonly destination: DeployedChain;
  readonly receiver: Hex;
  readonly amount: bigint;
  readonly feeIn: "native" | "link";
}

function routerMessage({ source, receiver, amount, feeIn }: BridgeOrder) {
  return toRouterMessage({
    receiver,
    tokens: [{ token: source.contracts.token, amount }],
    feeToken: feeIn === "link" ? source.ccip.link : zeroAddress,
  });
}

/** Reads the router's fee, in wei of the native currency or of LINK. */
export async function quoteBridge(order: BridgeOrder): Promise<bigint> {
  const router = released("router").interface;
  const { data = "0x" } = await clientOf(order.source).call({
    to: hex(order.source.ccip.router),
    data: hex(
      router.encodeFunctionData("getFee", [order.destination.selector, routerMessage(order)]),
    ),
  });
  return z.bigint().parse(router.decodeFunctionResult("getFee", data)[0]);
}

/** Encodes the call of `ccipSend`. */
export function bridgeCall(order: BridgeOrder): Hex {
  return hex(
    released("router").interface.encodeFunctionData("ccipSend", [
      order.destination.selector,
      routerMessage(order),
    ]),
  );
}
