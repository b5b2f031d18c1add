import { AbiCoder, Interface, id } from "ethers";
import { beforeAll, describe, expect, it } from "vitest";

import { readInChunks } from "../src/model/chunks";
import { explain } from "../src/model/explain";
import { annualised, earnings, steps } from "../src/model/history";
import type { IndexChange } from "../src/model/history";
import { isPending, sharesPerToken, toTokens } from "../src/model/indexState";
import { fillPercent, limitText, refillText, refilled, secondsUntil } from "../src/model/lanes";
import { briefReason } from "core/reasons/catalogue";
import { useReleases } from "../src/shims/releases";

const ONE = 10n ** 18n;

beforeAll(() => {
  const none = {
    router: [],
    onRamp: [],
    offRamp: [],
    feeQuoter: [],
    rmnRemote: [],
    burnMintPool: [],
    revertingReceiver: [],
  };
  const none20 = {
    onRamp: [],
    offRamp: [],
    feeQuoter: [],
    committeeVerifier: [],
    verifierResolver: [],
    executorImplementation: [],
  };
  useReleases({ ccip: none, ccip20: none20 });
});

describe("Chunks of blocks", () => {
  it("read every block once, halving a refused range", async () => {
    const read: number[] = [];
    await readInChunks({ from: 5, to: 3_004 }, ({ from, to }) => {
      if (to - from >= 700) return Promise.reject(new Error("query exceeds max block range"));
      for (let block = from; block <= to; block++) read.push(block);
      return Promise.resolve([]);
    });
    expect(read).toEqual(Array.from({ length: 3_000 }, (_, i) => i + 5));
  });

  it("give up when even a small range is refused", async () => {
    await expect(
      readInChunks({ from: 0, to: 9_999 }, () => Promise.reject(new Error("down"))),
    ).rejects.toThrow("down");
  });

  it("report progress and results after every chunk", async () => {
    const parts: [number, number, number][] = [];
    await readInChunks(
      { from: 1, to: 10 },
      ({ from }) => Promise.resolve([from]),
      4,
      ({ to, done, items }) => void parts.push([to, done, items.length]),
    );
    expect(parts).toEqual([
      [4, 0.4, 1],
      [8, 0.8, 2],
      [10, 1, 3],
    ]);
  });

  it("send no request for an empty range", async () => {
    await expect(
      readInChunks({ from: 2, to: 1 }, () => Promise.reject(new Error("asked"))),
    ).resolves.toEqual([]);
  });
});

describe("The index", () => {
  const state = {
    epoch: 2n,
    current: 10n ** 24n,
    next: 952380952380952380952381n,
    effectiveAt: 100n,
  };

  it("takes effect in exactly the second of effectiveAt", () => {
    expect([99, 99.9, 100].map((now) => sharesPerToken(state, now))).toEqual([
      state.current,
      state.current,
      state.next,
    ]);
    expect([99, 100].map((now) => isPending(state, now))).toEqual([true, false]);
  });

  it("has nothing pending that leaves every balance as it is", () => {
    expect(isPending({ ...state, next: state.current }, 99)).toBe(false);
  });

  it("rounds down, and is undefined while unsynced", () => {
    expect(toTokens(10n ** 44n, state.next)).toBe(104999999999999999999n);
    expect(toTokens(5n, 0n)).toBe(0n);
  });
});

describe("The history", () => {
  const change = (
    epoch: bigint,
    current: bigint,
    next: bigint,
    effectiveAt: number,
    learnedAt: number,
  ): IndexChange => ({
    chain: "local-home",
    epoch,
    current,
    next,
    effectiveAt,
    learnedAt,
    transactionHash: "0x",
  });
  const first = change(1n, 10n ** 24n, 10n ** 24n, 0, 10);

  it("steps when a rebase takes effect, or later when a chain was synced later", () => {
    const second = change(2n, 10n ** 24n, 5n * 10n ** 23n, 100, 50);
    expect(steps([first, second]).map(({ time }) => time)).toEqual([10, 100]);
    expect(steps([first, { ...second, learnedAt: 130 }]).map(({ time }) => time)).toEqual([
      10, 130,
    ]);
    expect(steps([first, second]).map(({ growthIndex }) => growthIndex)).toEqual([ONE, 2n * ONE]);
  });

  it("leaves out a pending rebase that was replaced", () => {
    const dropped = change(2n, 10n ** 24n, 5n * 10n ** 23n, 100, 50);
    const kept = change(3n, 10n ** 24n, 8n * 10n ** 23n, 120, 60);
    expect(steps([first, dropped, kept]).map(({ time }) => time)).toEqual([10, 120]);
    const late = { ...kept, learnedAt: 100 };
    expect(steps([first, dropped, late]).map(({ time }) => time)).toEqual([10, 100, 120]);
  });

  it("scales growth to a year when it is long enough", () => {
    const day = 86_400;
    const points = [
      { time: 0, growthIndex: ONE },
      { time: 8 * day, growthIndex: (ONE * 101n) / 100n },
    ];
    const pending = { time: 11 * day, growthIndex: 2n * ONE };
    const older = { time: -day, growthIndex: ONE / 2n };
    for (const some of [points, [...points, pending], [older, ...points]]) {
      expect(annualised(some, 10 * day, 7)).toBe(Math.round((1.01 ** (365 / 7) - 1) * 10_000));
    }
    expect(annualised(points, 10 * day, 30)).toBeUndefined();
    expect(annualised([], 10 * day, 7)).toBeUndefined();
  });

  it("returns the earnings of each rebase from the shares that existed", () => {
    const rebase = change(2n, 10n ** 24n, 5n * 10n ** 23n, 100, 50);
    const movements = [
      { time: 20, shares: 100n * ONE * 10n ** 24n },
      { time: 70, shares: -50n * ONE * 10n ** 24n },
      { time: 100, shares: 10n ** 44n },
    ];
    expect(earnings(movements, [first, rebase], 200)).toEqual([
      { epoch: 2n, effectiveAt: 100, shares: 50n * ONE * 10n ** 24n, earned: 50n * ONE },
    ]);
    expect(earnings(movements, [first, rebase], 99)).toEqual([]);
  });
});

describe("Lane limits", () => {
  const bucket = { isEnabled: true, tokens: 40n * ONE, capacity: 100n * ONE, rate: ONE };

  it("refill with time up to their capacity", () => {
    expect(refilled(bucket, 10.9).tokens).toBe(50n * ONE);
    expect(refilled(bucket, 1_000).tokens).toBe(100n * ONE);
    expect(fillPercent(bucket)).toBe(40);
    expect(fillPercent({ ...bucket, isEnabled: false })).toBe(100);
  });

  it("show when a bucket is full again", () => {
    expect(refillText(bucket)).toBe("full again in 1 min");
    expect(refillText({ ...bucket, tokens: bucket.capacity })).toBe("full");
    expect(refillText({ ...bucket, isEnabled: false })).toBe("no limit");
    expect(secondsUntil(bucket, 101n * ONE)).toBeUndefined();
    expect(secondsUntil({ ...bucket, rate: 3n * ONE }, 90n * ONE)).toBe(17);
  });

  it("show the remedy", () => {
    expect(limitText(bucket, 40n * ONE, "RUSD", "outbound")).toBeUndefined();
    expect(limitText(bucket, 90n * ONE, "RUSD", "outbound")).toBe(
      "Only 40.00 RUSD can leave over this lane now: send less, or wait 50 s until the limit has refilled.",
    );
    expect(limitText(bucket, 101n * ONE, "RUSD", "inbound")).toBe(
      "At most 100.00 RUSD can arrive over this lane in one go: send it in parts.",
    );
  });
});

describe("Error messages", () => {
  const known = [new Interface(["error EnforcedPause()", "error Odd(uint256 value)"])];

  it("recognise a rejected signature at any depth", () => {
    expect(
      explain({
        name: "TransactionExecutionError",
        message: "x",
        cause: { code: 4001, message: "no" },
      }),
    ).toContain("You rejected it");
  });

  it("decode revert data", () => {
    const data = id("EnforcedPause()").slice(0, 10);
    expect(explain({ message: "x", cause: { data } }, known)).toBe(
      "It would fail: the token is paused there: try again once it is unpaused (EnforcedPause). It was not sent.",
    );
    const odd =
      id("Odd(uint256)").slice(0, 10) +
      AbiCoder.defaultAbiCoder().encode(["uint256"], [7]).slice(2);
    expect(explain({ message: "x", data: odd }, known)).toContain("Odd: value: 7");
  });

  it.each([
    [{ name: "HttpRequestError", message: "HTTP request failed." }, "does not answer"],
    [{ message: "insufficient funds for gas * price + value" }, "too little native money"],
    [{ name: "SwitchChainError", message: "no" }, "another network"],
    [{ message: "first line\nsecond" }, "first line"],
    ["text", "text"],
    [undefined, "nothing says what"],
  ])("explain %j", (error, words) => expect(explain(error)).toContain(words));

  it("name the innermost cause", () => {
    const inner = { name: "Unsynced", args: [], values: {}, data: "0x" };
    expect(
      briefReason({ name: "TokenHandlingError", args: [], values: {}, data: "0x", cause: inner }),
    ).toContain("broadcast first");
    expect(briefReason({ name: "empty", args: [], values: {}, data: "0x" })).toContain(
      "out of gas",
    );
  });
});
