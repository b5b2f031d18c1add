import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { keccak256, toQuantity } from "ethers";
import type { JsonRpcProvider } from "ethers";
import { localAccount, startAnvil } from "ccip-localnet";
import type { Anvil } from "ccip-localnet";

import { localChain } from "../../../../config/localChains";
import { EndpointError } from "../../../../lib/core/endpoint/errors";
import { RpcClient } from "../../../../lib/core/endpoint/client";
import { readLogs } from "../../../../lib/rpc/logs";
import { openProvider } from "../../../../lib/rpc/provider";
import { faultOn, startFaultyRpc } from "../../../shared/faultyRpc";
import type { Fault, FaultyRpc } from "../../../shared/faultyRpc";

const ACCOUNTS = Array.from({ length: 60 }, (_, i) => localAccount(i).address);
const KEY = "AbCdSecret";

/** An answer that asks for a pause, seconds. */
const asking = (seconds: string): Fault => ({
  body: "{}",
  status: 429,
  headers: { "retry-after": seconds },
});

/** An error that asks for fewer requests. */
const throttling = (refuse: string, data?: unknown): Fault => ({ refuse, code: -32_005, data });

/** Returns how long an action would have waited each time, milliseconds, without waiting. */
async function pausesOf(action: () => Promise<unknown>): Promise<number[]> {
  const original = globalThis.setTimeout;
  const pauses: number[] = [];
  globalThis.setTimeout = ((end: () => void, ms = 0) => {
    if (end.name === "end") pauses.push(ms);
    return original(end, end.name === "end" ? 0 : ms);
  }) as typeof setTimeout;
  try {
    await action();
  } finally {
    globalThis.setTimeout = original;
  }
  return pauses;
}

describe("An endpoint", () => {
  let directory: string;
  let anvil: Anvil;
  let rpc: FaultyRpc;
  let provider: JsonRpcProvider;

  before(async () => {
    directory = mkdtempSync(path.join(tmpdir(), "client-"));
    anvil = await startAnvil({ ...localChain(0), logFile: path.join(directory, "anvil.log") });
    await anvil.provider.send("anvil_mine", [toQuantity(2_000)]);
  });

  after(async () => {
    await anvil.stop();
    rmSync(directory, { recursive: true });
  });

  beforeEach(async () => {
    rpc = await startFaultyRpc(anvil.url);
    const url = `${rpc.url}/v2/${KEY}`;
    provider = await openProvider("local-home", url, BigInt(localChain(0).chainId), {
      retryPolicy: { attempts: 6, pauseMs: 2, maxPauseMs: 10 },
      lagPolicy: { attempts: 6, pauseMs: 2, maxPauseMs: 10 },
    });
  });

  afterEach(async () => {
    provider.destroy();
    await rpc.close();
  });

  const balances = () => Promise.all(ACCOUNTS.map((account) => provider.getBalance(account)));
  const sizes = (since: number) => rpc.requests.slice(since).map(({ length }) => length);

  describe("that accepts few calls at once receives fewer for the rest of the run:", () => {
    const refusals: [what: string, limit: number, fault: Fault][] = [
      [
        "3, each call with an error and status 500",
        3,
        {
          refuse: "Batch of more than 3 requests are not allowed on free tier",
          code: 31,
          status: 500,
        },
      ],
      [
        "10, one error for all",
        10,
        { refuse: "maximum 10 calls in 1 batch", code: -32_014, whole: true },
      ],
      [
        "10, one error that nobody knows for all",
        10,
        { refuse: "the stars are not right", whole: true },
      ],
      ["1, status 413", 1, { body: "<html>413 Request Entity Too Large</html>", status: 413 }],
      [
        "1, status 400 and one error",
        1,
        { refuse: "Invalid Request", code: -32_600, status: 400, whole: true },
      ],
      ["10, the others without an answer", 10, { first: 10 }],
    ];
    for (const [what, limit, fault] of refusals) {
      it(`${what}`, async () => {
        rpc.inject((calls) => (calls.length > limit ? fault : "pass"));
        const expected = await Promise.all(
          ACCOUNTS.map((account) => anvil.provider.getBalance(account)),
        );
        expect(await balances()).to.deep.equal(expected);
        const since = rpc.requests.length;
        expect(await balances()).to.deep.equal(expected);
        expect(Math.max(...sizes(since))).to.be.at.most(limit);
      });
    }

    it("20, dropped without an error", async () => {
      rpc.inject((calls) => (calls.length > 20 ? "break" : "pass"));
      expect(await balances()).to.have.length(ACCOUNTS.length);
    });
  });

  describe("that lags is waited for,", () => {
    const words = [
      "cannot query unfinalized data",
      "requested to block 23734227 after last accepted block 23734226",
      "One of the blocks specified in filter (fromBlock, toBlock or blockHash) cannot be found",
      "header not found",
    ];
    for (const refuse of words) {
      it(`also in a call: "${refuse}"`, async () => {
        rpc.inject(faultOn("eth_call", { refuse }, 4));
        expect(await provider.call({ to: ACCOUNTS[0], data: "0x" })).to.equal("0x");
      });
    }

    it("also where transactions that are not mined count", async () => {
      rpc.inject(faultOn("eth_getTransactionCount", { refuse: "header not found" }, 4));
      expect(await provider.getTransactionCount(ACCOUNTS[0] ?? "", "pending")).to.be.a("number");
    });

    it("but not for a tag that its chain does not know", async () => {
      rpc.inject(faultOn("eth_getBlockByNumber", { refuse: "header not found" }, 100));
      const since = rpc.calls.length;
      await expect(provider.getBlock("finalized")).to.be.rejectedWith("header not found");
      expect(rpc.calls.slice(since).map(({ method }) => method)).to.deep.equal([
        "eth_getBlockByNumber",
      ]);
    });

    it("and its error is reported when it stays behind", async () => {
      rpc.inject(faultOn("eth_call", { refuse: "header not found" }, 100));
      await expect(provider.call({ to: ACCOUNTS[0], data: "0x" })).to.be.rejectedWith(
        EndpointError,
        "local-home refused eth_call: header not found; the endpoint lags: try again later, or use another endpoint.",
      );
    });
  });

  describe("that throttles is queried again after a pause:", () => {
    const throttling: [what: string, fault: Fault][] = [
      ["credits", { refuse: "credits limited to 6000/sec", code: -32_012 }],
      ["words only", { refuse: "Too many request, try again later" }],
      ["a code only", { refuse: "", code: -32_029 }],
      ["status 429 and a page", { body: "<html>slow</html>", status: 429 }],
      ["status 200 and plain words", { body: "rate limit exceeded" }],
    ];
    for (const [what, fault] of throttling) {
      it(`${what}`, async () => {
        rpc.inject(faultOn("eth_getBalance", fault, 7));
        const [account = ""] = ACCOUNTS;
        expect(await provider.getBalance(account)).to.equal(
          await anvil.provider.getBalance(account),
        );
      });
    }

    it("for as long as it requests", async () => {
      const headers = { "retry-after": "1" };
      rpc.inject(faultOn("eth_getBalance", { body: "{}", status: 429, headers }));
      const startedAt = Date.now();
      await provider.getBalance(ACCOUNTS[0] ?? "");
      expect(Date.now() - startedAt).to.be.at.least(990);
    });
  });

  describe("is left alone between two attempts", () => {
    const policy = { attempts: 5, pauseMs: 1_000, maxPauseMs: 3_000 };
    const cases: [what: string, fault: Fault, seconds: number[]][] = [
      ["for longer each time, up to a maximum", "break", [1, 2, 3]],
      ["for as long as it asks", asking("7"), [7]],
      ["for as long as the words of its error ask", throttling("try again in 7 s"), [7]],
      [
        "for as long as the data of its error asks",
        throttling("slow down", { rate: { backoff_seconds: 7 } }),
        [7],
      ],
      ["for as long as it says there", throttling("slow down", { try_again_in: "7s" }), [7]],
      ["for a minute at most, however long it asks", asking("86400"), [60]],
    ];
    for (const [what, fault, expected] of cases) {
      it(`${what}: ${expected.join(", then ")} s`, async () => {
        const client = new RpcClient("local-home", rpc.url, { retryPolicy: policy });
        rpc.inject(faultOn("eth_chainId", fault, 4));
        const pauses = await pausesOf(() =>
          client.ask([{ id: 1, method: "eth_chainId", params: [] }]),
        );
        expect([...new Set(pauses.map((ms) => Math.ceil(ms / 1_000)))]).to.deep.equal(expected);
      });
    }
  });

  it("that throttles one request is left alone by all others meanwhile", async () => {
    const client = new RpcClient("local-home", rpc.url);
    const ask = (method: string) => pausesOf(() => client.ask([{ id: 1, method, params: [] }]));
    rpc.inject(faultOn("eth_chainId", asking("7")));
    await ask("eth_chainId");
    const [pause = 0] = await ask("eth_blockNumber");
    expect(Math.ceil(pause / 1_000)).to.equal(7);
  });

  it("that fails to return the logs of a single block is queried again", async () => {
    rpc.inject(faultOn("eth_getLogs", { refuse: "the stars are not right", code: -32_099 }, 2));
    const range = { address: ACCOUNTS[0] ?? "", topics: [], fromBlock: 5, toBlock: 5 };
    expect(await readLogs(provider, range)).to.be.empty;
  });

  describe("that returns the logs of 100 blocks at once is queried once for each range:", () => {
    const refusals: [what: string, fault: Fault][] = [
      ["-32005", { refuse: "query returned more than 10000 results", code: -32_005 }],
      [
        "-32602 and status 400",
        { refuse: "query exceeds max block range 100", code: -32_602, status: 400 },
      ],
      [
        "status 413",
        { refuse: "eth_getLogs is limited to a 100 range", code: -32_614, status: 413 },
      ],
      ["a timeout", { refuse: "request timed out", code: -32_002 }],
      ["an unknown error text", { refuse: "the stars are not right", code: -32_099 }],
      [
        "-32602, status 400 and words that nobody knows",
        { refuse: "the stars are not right", code: -32_602, status: 400 },
      ],
    ];
    for (const [what, fault] of refusals) {
      it(`${what}`, async () => {
        const ranges: string[] = [];
        rpc.inject((calls) => {
          const [call] = calls;
          const [filter] = (call?.params ?? []) as { fromBlock: string; toBlock: string }[];
          if (call?.method !== "eth_getLogs" || !filter) return "pass";
          ranges.push(`${filter.fromBlock}-${filter.toBlock}`);
          return Number(filter.toBlock) - Number(filter.fromBlock) >= 100 ? fault : "pass";
        });
        const range = { address: ACCOUNTS[0] ?? "", topics: [], fromBlock: 1, toBlock: 2_000 };
        expect(await readLogs(provider, range)).to.be.empty;
        expect(ranges).to.deep.equal([...new Set(ranges)]);
      });
    }
  });

  it("with an unknown error is queried three times, and quoted in full without its key", async () => {
    const data = { project: KEY.toLowerCase() };
    rpc.inject(
      faultOn("eth_getBalance", { refuse: "the stars are not right", code: -32_099, data }, 9),
    );
    const since = rpc.requests.length;
    await expect(provider.getBalance(ACCOUNTS[0] ?? "")).to.be.rejectedWith(
      EndpointError,
      'local-home refused eth_getBalance: the stars are not right (code -32099, data {"project":"<url>"}); try again later, or use another endpoint.',
    );
    expect(rpc.requests.length - since).to.equal(3);
  });

  it("with results that carry no ids is queried call by call", async () => {
    const foreign = (text: string) => text.replace(/"id":\d+/g, '"id":null');
    await provider.send("anvil_setBalance", [ACCOUNTS[59], toQuantity(7)]);
    rpc.inject((calls) => (calls.length > 1 ? { spoil: foreign } : "pass"));
    expect((await balances()).at(-1)).to.equal(7n);
  });

  it("that answers null for its newest block is queried again", async () => {
    rpc.inject(faultOn("eth_getBlockByNumber", { pretend: () => null }, 2));
    expect((await provider.getBlock("latest"))?.number).to.be.a("number");
  });

  it("that answers a transaction with the hash of another one has not said that it took it", async () => {
    const client = new RpcClient("local-home", rpc.url, {
      retryPolicy: { attempts: 2, pauseMs: 1, maxPauseMs: 1 },
    });
    const send = { id: 1, method: "eth_sendRawTransaction", params: ["0x01"] };
    for (const [hash, says] of [
      [keccak256("0x02"), "error"],
      [keccak256("0x01"), "result"],
    ] as const) {
      rpc.inject(() => ({ pretend: () => hash }));
      expect((await client.ask([send]))[0]).to.have.property(says);
    }
  });

  it("with a name and a password gets them in a header, and never in an error", async () => {
    const url = rpc.url.replace("http://", "http://alice:s3cr3t@");
    const chainId = BigInt(localChain(0).chainId);
    const other = await openProvider("local-home", url, chainId);
    rpc.inject(() => ({ body: "no entry for alice:s3cr3t", status: 401 }));
    const failure = await other.getBlockNumber().catch((error: unknown) => String(error));
    other.destroy();
    expect(failure).to.include("correct its url, key or plan").and.not.include("s3cr3t");
  });
});
