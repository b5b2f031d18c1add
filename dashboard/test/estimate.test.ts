import { describe, expect, it } from "vitest";

import { readAt, unread } from "../src/model/reading";

import { estimateText, pastTimes } from "../src/model/estimate";
import type { MessageState, TrackedMessage } from "../src/model/messages";

const LANE = { source: "local-home", destination: "local-sat1", version: "1.6" } as const;

const message = (
  took: number | undefined,
  state: MessageState = "executed",
  change: Partial<TrackedMessage> = {},
  version: "1.6" | "2.0" = "1.6",
) =>
  ({
    ...LANE,
    message: { version },
    state: readAt(state, { source: "local-sat1", block: 1n, time: 0 }),
    sentAt: 1_000,
    settledAt: took === undefined ? undefined : 1_000 + took,
    ...change,
  }) as TrackedMessage;

describe("The arrival estimate", () => {
  it("uses the newest ten executed messages of the same lane and version", () => {
    const messages = [
      message(90),
      message(60),
      message(10, "failed"),
      message(undefined, "sent"),
      message(20, "executed", { destination: "local-sat2" }),
      message(30, "executed", {}, "2.0"),
      message(40, "executed", { state: unread("local-sat1") }),
    ];
    expect(pastTimes(LANE, messages)).toEqual([60, 90]);
    expect(
      pastTimes(
        LANE,
        Array.from({ length: 12 }, (_, i) => message(12 - i)),
      ),
    ).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });

  it.each<[string, readonly number[], number | undefined, string]>([
    [
      "past messages",
      [720, 780, 960],
      900,
      "about 13 min: the last 3 messages from Home to Satellite 1 over CCIP 1.6 took 12 min to 16 min",
    ],
    [
      "two messages",
      [780, 960],
      900,
      "about 13 min: the last 2 messages from Home to Satellite 1 over CCIP 1.6 took 13 min to 16 min",
    ],
    [
      "one message",
      [780],
      undefined,
      "about 13 min: the last 1 message from Home to Satellite 1 over CCIP 1.6 took 13 min",
    ],
    [
      "finality",
      [],
      900,
      "at least 15 min: that is how long Home takes to finalize a block now, CCIP then commits and executes the message; no message from Home to Satellite 1 over CCIP 1.6 has arrived yet",
    ],
    [
      "nothing",
      [],
      undefined,
      "unknown: no message from Home to Satellite 1 over CCIP 1.6 has arrived yet, and Home does not say which block is final",
    ],
  ])("is based on %s", (_, past, finality, text) =>
    expect(estimateText(LANE, past, finality)).toBe(text),
  );
});
