import { describe, expect, it } from "vitest";

import type { MessageState, RefusedBroadcast, TrackedMessage } from "../src/model/messages";
import { repairsOf } from "../src/model/repair";

const HOUR = 3_600;
const transfer = (state: MessageState) => ({ kind: "transfer", state }) as TrackedMessage;
const broadcast = (state: MessageState) =>
  ({ kind: "broadcast", state, epoch: 4n }) as TrackedMessage;
const refused = { kind: "refused", epoch: 4n } as RefusedBroadcast;

describe("what may be done about a message", () => {
  it.each([
    ["a transfer on its way", transfer("sent"), HOUR, "nothing"],
    ["one that has arrived", transfer("executed"), HOUR, "nothing"],
    ["one that failed", transfer("failed"), 1, "execute"],
    ["one that was just committed", transfer("committed"), 60, "nothing"],
    ["one that CCIP still may execute", transfer("committed"), HOUR, "by hand anybody may in 7 h"],
    ["one that CCIP left lying", transfer("committed"), 8 * HOUR + 1, "execute"],
    ["a broadcast on its way", broadcast("sent"), 60, "nothing"],
    ["one that is not even committed", broadcast("sent"), HOUR, "broadcast"],
    ["one that waits for its execution", broadcast("committed"), HOUR, "broadcast"],
    ["one that CCIP left lying", broadcast("committed"), 9 * HOUR, "execute and broadcast"],
    ["a broadcast that failed", broadcast("failed"), 1, "execute and broadcast"],
    ["one that never left", refused, 1, "broadcast"],
  ] as const)("%s", (_, message, age, expected) => {
    const {
      execute,
      broadcast: again,
      note,
    } = repairsOf(message, {
      epochThere: 3n,
      patience: 8 * HOUR,
      age,
    });
    const offers = [execute && "execute", again && "broadcast"].filter((offer) => offer !== false);
    const said = offers.join(" and ") || (note ?? "nothing");
    expect(said).toContain(expected);
  });

  it.each([
    ["failed", broadcast("failed"), "nothing is left to repair"],
    ["never left", refused, "nothing is left to repair"],
    ["on its way", broadcast("committed"), undefined],
  ] as const)("nothing, once the chain has heard of a broadcast that %s", (_, message, note) => {
    const repairs = repairsOf(message, { epochThere: 4n, patience: 8 * HOUR, age: 9 * HOUR });
    expect(repairs).toMatchObject({ execute: false, broadcast: false });
    if (note) expect(repairs.note).toContain(note);
    else expect(repairs.note).toBeUndefined();
  });

  it("does not promise what it does not know", () => {
    const facts = { epochThere: undefined, patience: undefined, age: 9 * HOUR };
    expect(repairsOf(transfer("committed"), facts)).toEqual({
      execute: false,
      broadcast: false,
      note: undefined,
    });
  });
});
