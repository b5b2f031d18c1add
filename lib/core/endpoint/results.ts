import { keccak256 } from "ethers";
import { z } from "zod";

const quantity = z.string().regex(/^0x[0-9a-f]+$/i);
const data = z.string().regex(/^0x([0-9a-f]{2})*$/i);
const hash = z.string().regex(/^0x[0-9a-f]{64}$/i);
const log = z.object({ address: data, topics: z.array(hash), data });
const block = z.object({ number: quantity.nullable(), timestamp: quantity });

/** Minimal schemas of results by method; other methods may answer anything. */
const RESULTS: Readonly<Record<string, z.ZodType>> = {
  eth_blockNumber: quantity,
  eth_call: data,
  eth_chainId: quantity,
  eth_estimateGas: quantity,
  eth_gasPrice: quantity,
  eth_getBalance: quantity,
  eth_getBlockByHash: block.nullable(),
  eth_getBlockByNumber: block.nullable(),
  eth_getCode: data,
  eth_getLogs: z.array(log.extend({ blockNumber: quantity, transactionHash: hash })),
  eth_getStorageAt: z.string().regex(/^0x[0-9a-f]*$/i),
  eth_getTransactionByHash: z.object({ hash, from: data }).nullable(),
  eth_getTransactionCount: quantity,
  eth_getTransactionReceipt: z
    .object({ transactionHash: hash, blockNumber: quantity, logs: z.array(log) })
    .nullable(),
  eth_maxPriorityFeePerGas: quantity,
  eth_sendRawTransaction: hash,
};

/** Returns whether a result is possible for a method: some endpoints answer `null` where that is impossible. */
export function isPossibleResult(
  method: string,
  params: readonly unknown[],
  result: unknown,
): boolean {
  if (result === undefined) return false;
  // A chain always has a block of each of these names; only numbers may be ahead of an endpoint.
  if (method === "eth_getBlockByNumber" && params[0] === "latest" && result === null) return false;
  if (!(RESULTS[method]?.safeParse(result).success ?? true)) return false;
  const [signed] = params;
  if (method !== "eth_sendRawTransaction" || typeof signed !== "string") return true;
  return typeof result === "string" && result.toLowerCase() === keccak256(signed);
}
