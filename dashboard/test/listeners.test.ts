import { describe, expect, it } from "vitest";

import { countingEpoch, countingText, listenerName, listenerState } from "../src/model/listeners";
import type { Listener } from "../src/model/listeners";
import { worthOf } from "../src/model/wrapped";

const ONE = 10n ** 24n;
const state = { epoch: 7n, current: ONE, next: ONE / 2n, effectiveAt: 100n, generation: 0n };
const listener: Listener = {
  address: "0xAa",
  toldEpoch: 7n,
  toldSharesPerToken: ONE,
  retryAt: 0,
  failures: 0,
};

describe("The index that counts", () => {
  it.each([
    { when: "while the newest is pending", now: 99, generation: 0n, key: 6n },
    { when: "from its time on", now: 100, generation: 0n, key: 7n },
    { when: "after a replacement by the admin", now: 100, generation: 2n, key: 2n ** 33n + 7n },
  ])("has the token's key $when", ({ now, generation, key }) => {
    expect(countingEpoch({ ...state, generation }, now)).toBe(key);
  });

  it("is named with its generation, unless that is the first", () => {
    expect(countingText(7n)).toBe("epoch 7");
    expect(countingText(2n ** 32n + 3n)).toBe("epoch 3 of generation 1");
  });
});

describe("A listener", () => {
  it.each([
    { told: 7n, now: 100, failures: 0, tone: "good", text: "told" },
    { told: 6n, now: 99, failures: 0, tone: "good", text: "told" },
    { told: 6n, now: 100, failures: 0, tone: "wait", text: "behind" },
    { told: 8n, now: 100, failures: 0, tone: "wait", text: "behind" },
    { told: 6n, now: 100, failures: 2, tone: "bad", text: "failing" },
  ])(
    "that was told $told, at time $now after $failures failures, is $text",
    ({ told, now, failures, tone, text }) => {
      const shown = listenerState({ ...listener, toldEpoch: told, failures }, state, now);
      expect(shown).toMatchObject({ tone, text });
    },
  );

  it("says what counts, how often it failed and when it is tried again", () => {
    const { detail } = listenerState({ ...listener, toldEpoch: 6n, failures: 2 }, state, 100);
    expect(detail).toContain("The index of epoch 7 counts.");
    expect(detail).toContain("2 calls failed");
  });

  it("has nothing to be told of before the first sync", () => {
    const unsynced = { ...state, epoch: 0n, effectiveAt: 0n, current: 0n, next: 0n };
    expect(listenerState({ ...listener, toldEpoch: 0n }, unsynced, 100).text).toBe(
      "not synced yet",
    );
  });

  it("is named if the project ships it", () => {
    const shipped = { pairSyncer: "0xaa", rateFeed: "0xbb" };
    expect(listenerName(shipped, "0xAA")).toBe("Pair syncer");
    expect(listenerName(shipped, "0xBB")).toBe("Rate feed");
    expect(listenerName(shipped, "0xcc")).toBeUndefined();
    expect(listenerName({}, "0xcc")).toBeUndefined();
  });
});

describe("A wrapped unit", () => {
  it.each([
    { index: ONE, worth: 10n ** 18n },
    { index: ONE / 2n, worth: 2n * 10n ** 18n },
    { index: ONE + 1n, worth: 10n ** 18n - 1n },
    { index: 0n, worth: 0n },
  ])("is worth $worth for 1e18 of them at the index $index", ({ index, worth }) => {
    expect(worthOf(10n ** 18n, index)).toBe(worth);
  });
});
