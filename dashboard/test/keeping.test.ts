import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { numberToHex } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { DeployedChain } from "../src/deployments";
import type { ChainLog } from "../src/data/cache";
import { readLogsThrough } from "../src/data/logs";

/** Seconds between blocks. */
const BLOCK_TIME = 1;

/** State of an endpoint whose path contains the chain id, and which only serves blocks. */
const chain = { latest: 10_000, finalized: 9_000 as number | undefined, firstHash: 0 };
const server = createServer((request, response) => {
  void (async () => {
    let body = "";
    for await (const part of request) body += String(part);
    const asked = JSON.parse(body) as Call | Call[];
    const answers = [asked].flat().map(({ id, method, params: [tag] }) => ({
      jsonrpc: "2.0",
      id,
      ...(method === "eth_chainId"
        ? { result: numberToHex(Number(request.url?.slice(1))) }
        : answerTo(String(tag))),
    }));
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(Array.isArray(asked) ? answers : answers[0]));
  })();
});

interface Call {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}

function answerTo(tag: string) {
  const number =
    tag === "latest" ? chain.latest : tag === "finalized" ? chain.finalized : Number(tag);
  if (number === undefined) return { error: { code: -39001, message: "Unknown block" } };
  return {
    result: {
      number: numberToHex(number),
      hash: numberToHex(chain.firstHash + number, { size: 32 }),
      timestamp: numberToHex(1_800_000_000 + number * BLOCK_TIME),
      transactions: [],
    },
  };
}

const deployed = (chainId: number): DeployedChain => ({
  name: "op-sepolia",
  role: "satellite",
  chainId,
  selector: 11n,
  rpcUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/${chainId}`,
  firstBlock: 1,
  contracts: { token: "0x71", pool: "0xa1" },
  previousPools: [],
  ccip: { router: "0xc0", onRamps: ["0xc1"], offRamps: ["0xc2"], rmnProxy: "0xc3", link: "0xc4" },
});

/** Returns a log of ten shares in a block. */
const log = (blockNumber: number): ChainLog => ({
  address: "0x71",
  topics: [],
  data: "0x",
  blockNumber,
  transactionHash: "0x1",
  index: 0,
  time: 0,
});

beforeAll(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
afterAll(() => void server.close());

describe("The browser's log cache", () => {
  /** Returns a reader of a chain whose token has ten shares for each log. */
  const reader = (chainId: number) => {
    const asked: number[] = [];
    const read = (there: readonly ChainLog[], answered: readonly ChainLog[]) =>
      readLogsThrough(
        { mesh: "testnet", live: true },
        deployed(chainId),
        "ledger",
        ({ from, to }) => {
          asked.push(from);
          return Promise.resolve(
            answered.filter(({ blockNumber }) => blockNumber >= from && blockNumber <= to),
          );
        },
        () => Promise.resolve({ shares: 10n * BigInt(there.length) }),
        (found) => 10n * BigInt(found.length),
      );
    return { asked, read };
  };

  it("keeps logs up to the finalized block, never by a count of blocks", async () => {
    chain.finalized = 9_000;
    const { asked, read } = reader(1);
    const there = [log(5), log(9_000), log(9_001)];
    await read(there, there);
    asked.length = 0;
    // What is behind that block is read again, and counted once.
    expect((await read(there, there)).logs).toEqual(there);
    expect(Math.min(...asked)).toBe(9_001);
  });

  it("keeps logs that are an hour old when the finalized block is unknown", async () => {
    chain.finalized = undefined;
    const { asked, read } = reader(2);
    await read([log(5)], [log(5)]);
    asked.length = 0;
    await read([log(5)], [log(5)]);
    expect(Math.min(...asked)).toBe(10_000 - 4_096 + 1);
  });

  it("rejects logs that contradict the token, and does not cache a gap", async () => {
    chain.finalized = 9_000;
    const { read } = reader(3);
    const there = [log(5), log(8_999)];
    await expect(read(there, [log(5)])).rejects.toThrow(
      "its endpoint leaves logs out: up to block 10000 they account for 10 shares, and the token has 20",
    );
    expect((await read(there, there)).logs).toHaveLength(2);
  });

  it("reads the logs anew after repeated contradictions with the token", async () => {
    chain.finalized = 9_000;
    const { asked, read } = reader(4);
    await read([log(5)], [log(5)]);
    const there = [log(5), log(6)];
    for (let i = 0; i < 5; i++) await expect(read(there, there)).rejects.toThrow("leaves logs out");
    asked.length = 0;
    expect((await read(there, there)).logs).toHaveLength(2);
    expect(Math.min(...asked)).toBe(1);
  });

  it("reads the logs anew of a chain that was started again, or went another way", async () => {
    chain.finalized = 9_000;
    const { asked, read } = reader(5);
    await read([log(5)], [log(5)]);
    asked.length = 0;
    chain.firstHash = 1;
    expect((await read([log(6)], [log(6)])).logs).toEqual([log(6)]);
    expect(Math.min(...asked)).toBe(1);
  });
});
