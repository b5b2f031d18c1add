import { describe, expect, it } from "vitest";

import { failedSince, lastRead, missingFrom, readAt, sum, unread } from "../src/model/reading";
import type { Reading } from "../src/model/reading";
import { stateText } from "../src/model/messages";
import type { MessageState, TrackedMessage } from "../src/model/messages";
import { addable, addedBy } from "../src/model/worth";
import type { CountedAt } from "../src/model/worth";

const ALICE = "0xA11CE";
const [HOME, SAT] = ["local-home", "local-sat2"];

const read = <T>(source: string, value: T, block = 100): Reading<T> =>
  readAt(value, { source, block: BigInt(block), time: block });
const counted = (source: string, block: number, shares = 50n): Reading<CountedAt> =>
  read(source, { shares, block, newestShares: shares }, block);
const silent = <T>(source: string, before: Reading<T>): Reading<T> =>
  failedSince(before, { source, since: 200, reason: "it does not answer" });

/** Returns a transfer of alice's ten shares to herself, sent from home in block 10; they arrive in block 20. */
const message = (state: Reading<MessageState>, sender = ALICE): TrackedMessage =>
  ({
    destination: SAT,
    message: { sender, blockNumber: 10 },
    shares: 10n,
    state,
    settledBlock: 20,
  }) as unknown as TrackedMessage;

describe("The shares that a message adds to those counted on chains", () => {
  it.each<[string, TrackedMessage, number, number, bigint]>([
    ["travelling", message(read(SAT, "sent")), 15, 15, 10n],
    ["committed", message(read(SAT, "committed")), 15, 15, 10n],
    ["failed, so that it still carries them", message(read(SAT, "failed")), 15, 25, 10n],
    ["arrived, and counted there", message(read(SAT, "executed")), 15, 25, 0n],
    ["arrived after its destination was counted", message(read(SAT, "executed")), 15, 19, 10n],
    ["sent after its source was counted", message(read(SAT, "sent")), 9, 15, 0n],
    ["sent in the block of its source's count", message(read(SAT, "sent")), 10, 15, 10n],
    ["arrived in that of its destination's", message(read(SAT, "executed")), 15, 20, 0n],
    ["counted at both ends", message(read(SAT, "executed")), 9, 25, -10n],
    ["sent by another account meanwhile", message(read(SAT, "sent"), "0xB0B"), 9, 15, 10n],
  ])("%s", (_, sent, homeBlock, satelliteBlock, added) => {
    const reading = addedBy(sent, ALICE, counted(HOME, homeBlock), counted(SAT, satelliteBlock));
    expect(lastRead(reading)?.value).toBe(added);
  });

  it.each<[string, Reading<MessageState>, Reading<CountedAt>]>([
    ["was not read", unread(SAT), unread(SAT)],
    ["never answered", silent(SAT, unread(SAT)), silent(SAT, unread(SAT))],
    ["has no logs yet", unread(SAT), counted(SAT, 30)],
  ])("are unknown while its destination %s", (_, state, there) => {
    const reading = addedBy(message(state), ALICE, counted(HOME, 15), there);
    expect(lastRead(reading)).toBeUndefined();
    expect(missingFrom(reading)).toEqual([SAT]);
    expect(sum([read(HOME, 1n), reading])).toMatchObject({
      extent: "part",
      known: 1n,
      missing: [SAT],
    });
  });

  it("exclude a chain whose logs do not cover all of them yet", () => {
    expect(addable(HOME, counted(HOME, 15))).toMatchObject({ state: "read", value: 50n });
    const moved = read(HOME, { shares: 50n, block: 15, newestShares: 40n });
    expect(addable(HOME, moved)).toEqual(unread(HOME));
  });
});

describe("The progress of a message, in words", () => {
  it.each<[Reading<MessageState>, string]>([
    [read(SAT, "sent"), "sent"],
    [unread(SAT), "state unknown until Satellite 2 is read"],
    [silent(SAT, unread(SAT)), "state unknown until Satellite 2 is read"],
    [silent(SAT, read<MessageState>(SAT, "sent")), "sent when Satellite 2 was last read"],
  ])("%#", (state, words) => {
    expect(stateText(message(state))).toBe(words);
  });
});
