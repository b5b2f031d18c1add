import { concat, dataLength, id, getAddress, toBeHex } from "ethers";
import type { Log } from "ethers";

import { abi } from "../../lib/core/abis";
import type { MeshChain } from "../../lib/core/mesh/mesh";

import type { Scenario } from "./scenario";

const FORGER = getAddress(`0x${id("forger").slice(-40)}`);

/**
 * Puts a contract on a chain that, whenever it is called, moves one unit of the caller's tokens to the
 * pool and then emits the given log, as if it were an OnRamp.
 * @returns its address.
 */
export async function deployForger(
  s: Scenario,
  chain: MeshChain,
  holder: string,
  log: Pick<Log, "topics" | "data">,
): Promise<string> {
  const { token, pool } = chain.contracts;
  const call = abi.token.encodeFunctionData("transferFrom", [holder, pool, 1n]);
  const push = (value: number) => concat(["0x61", toBeHex(value, 2)]);
  const topics = [...log.topics].reverse().map((topic) => concat(["0x7f", topic]));
  const code = (length: number) =>
    concat([
      ...[push(dataLength(call)), push(length), "0x5f39"],
      ...["0x5f5f", push(dataLength(call)), "0x5f5f73", token, "0x5af150"],
      ...[push(dataLength(log.data)), push(length + dataLength(call)), "0x5f39"],
      ...[...topics, push(dataLength(log.data)), "0x5f", toBeHex(0xa0 + topics.length, 1), "0x00"],
    ]);
  const runtime = concat([code(dataLength(code(0))), call, log.data]);
  await s.ccipChain(chain).provider.send("hardhat_setCode", [FORGER, runtime]);
  return FORGER;
}
