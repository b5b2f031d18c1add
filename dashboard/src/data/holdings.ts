import { encodeEventTopics, zeroAddress } from "viem";
import type { Hex } from "viem";
import { z } from "zod";

import { toRouterMessage } from "../../../lib/ccip/routerMessage";
import { movementOf } from "../../../lib/core/shares";
import { hex } from "../deployments";
import type { DeployedChain, MeshDescription } from "../deployments";
import type { ShareMovement } from "../model/history";
import { released } from "../shims/releases";
import type { ChainLog } from "./cache";
import { clientOf } from "./client";
import { getLogs, readLogsThrough, withTimes } from "./logs";

/** What an account has on a chain. */
export interface Holding {
  readonly shares: bigint;
  /** Wei of native money. */
  readonly native: bigint;
  /** Wei of LINK. */
  readonly link: bigint;
}

/** Reads what an account has on a chain. */
export async function readHolding(
  mesh: MeshDescription,
  chain: DeployedChain,
  account: Hex,
): Promise<Holding> {
  const client = clientOf(chain);
  const [shares, native, link] = await Promise.all([
    client.readContract({
      address: hex(chain.contracts.token),
      abi: mesh.own.token,
      functionName: "sharesOf",
      args: [account],
    }),
    client.getBalance({ address: account }),
    client.readContract({
      address: hex(chain.ccip.link),
      abi: mesh.own.token,
      functionName: "balanceOf",
      args: [account],
    }),
  ]);
  return { shares, native, link };
}

/** Every movement of an account's shares on a chain, oldest first. */
export async function readMovements(
  mesh: MeshDescription,
  chain: DeployedChain,
  account: Hex,
): Promise<ShareMovement[]> {
  const { token } = chain.contracts;
  const abi = mesh.own.token;
  const filters = [
    encodeEventTopics({ abi, eventName: "TransferShares", args: { from: account } }),
    encodeEventTopics({ abi, eventName: "TransferShares", args: { to: account } }),
  ].map((topics) => topics.map((topic) => (topic === null ? null : String(topic))));
  const { logs } = await readLogsThrough(
    mesh,
    chain,
    `${token}:${account}`,
    async (range) => {
      const found = await Promise.all(
        filters.map((topics) => getLogs(chain, range, [token], topics)),
      );
      return withTimes(chain, found.flat());
    },
    async (blockNumber) => ({
      shares: await clientOf(chain).readContract({
        address: hex(token),
        abi,
        functionName: "sharesOf",
        args: [account],
        blockNumber,
      }),
    }),
    (found) => movementsOf(found, account).reduce((sum, { shares }) => sum + shares, 0n),
  );
  return movementsOf(logs, account).sort((a, b) => a.time - b.time);
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

/** Tokens that are to cross a lane. */
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

/** What the router quotes, in wei of native money or of LINK. */
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

/** The data of `ccipSend`. */
export function bridgeCall(order: BridgeOrder): Hex {
  return hex(
    released("router").interface.encodeFunctionData("ccipSend", [
      order.destination.selector,
      routerMessage(order),
    ]),
  );
}
