import { describe, expect, it } from "vitest";
import type { CcipVersion } from "ccip-localnet/protocol";

import { failedSince, readAt, unread } from "../src/model/reading";
import type { Reading } from "../src/model/reading";
import type { MessageState, RefusedBroadcast, TrackedMessage } from "../src/model/messages";
import { repairsOf } from "../src/model/repair";
import type { RepairFacts } from "../src/model/repair";

const HOUR = 3_600;
const destination = "local-sat2";
const read = <T>(value: T): Reading<T> =>
  readAt(value, { source: destination, block: 5n, time: 9 });
const silent = <T>(before: Reading<T>): Reading<T> =>
  failedSince(before, { source: destination, since: 10, reason: "it does not answer" });
const tracked = (
  kind: "transfer" | "broadcast",
  state: Reading<MessageState>,
  version: CcipVersion = "1.6",
) =>
  ({
    kind,
    destination,
    state,
    id: "0x1d",
    // That of the broadcast, or of the source when the shares left it.
    epoch: kind === "broadcast" ? 4n : 2n,
    message: { version },
  }) as TrackedMessage;
const transfer = (state: MessageState) => tracked("transfer", read(state));
const broadcast = (state: MessageState) => tracked("broadcast", read(state));
const transfer20 = (state: MessageState) => tracked("transfer", read(state), "2.0");
const broadcast20 = (state: MessageState) => tracked("broadcast", read(state), "2.0");
/** Returns the offered actions on a chain that is an epoch behind, or the note in their place. */
const offered = (
  message: TrackedMessage | RefusedBroadcast,
  facts: Omit<RepairFacts, "epochThere">,
) => {
  const {
    execute,
    broadcast: again,
    note,
  } = repairsOf(message, { epochThere: read(3n), ...facts });
  const offers = [execute && "execute", again && "broadcast"].filter((offer) => offer !== false);
  return offers.join(" and ") || (note ?? "nothing");
};
const refused = { kind: "refused", destination, epoch: 4n } as RefusedBroadcast;

describe("The actions offered for a message", () => {
  it.each([
    ["a transfer on its way", transfer("sent"), HOUR, "nothing"],
    ["one that has arrived", transfer("executed"), HOUR, "nothing"],
    ["one that failed", transfer("failed"), 1, "execute"],
    ["one that was just committed", transfer("committed"), 60, "nothing"],
    ["one that CCIP still may execute", transfer("committed"), HOUR, "by hand anybody may in 7 h"],
    [
      "one in the last second of that",
      transfer("committed"),
      8 * HOUR,
      "by hand anybody may in 0 s",
    ],
    ["one that CCIP left lying", transfer("committed"), 8 * HOUR + 1, "execute"],
    ["a broadcast on its way", broadcast("sent"), 60, "nothing"],
    ["one that is not even committed", broadcast("sent"), HOUR, "broadcast"],
    ["one that waits for its execution", broadcast("committed"), HOUR, "broadcast"],
    ["one that CCIP left lying", broadcast("committed"), 9 * HOUR, "execute and broadcast"],
    ["a broadcast that failed", broadcast("failed"), 1, "execute and broadcast"],
    ["one that never left", refused, 1, "broadcast"],
  ] as const)("%s", (_, message, age, expected) => {
    expect(
      offered(message, { executionThreshold: 8 * HOUR, findsVerifications: false, age }),
    ).toContain(expected);
  });

  it.each([
    ["a transfer that was just verified", transfer20("verified"), 60, "nothing", "nothing"],
    ["one that failed", transfer20("failed"), 1, "execute", "ccip-cli manual-exec 0x1d"],
    ["one that is not verified", transfer20("sent"), HOUR, "nothing", "ccip-cli manual-exec 0x1d"],
    ["one on its way", transfer20("sent"), 60, "nothing", "nothing"],
    ["one that has arrived", transfer20("executed"), HOUR, "nothing", "nothing"],
    ["one that is not executed", transfer20("verified"), HOUR, "execute", undefined],
    ["a broadcast that failed", broadcast20("failed"), 1, "execute and broadcast", "broadcast"],
    ["one that is not verified", broadcast20("sent"), HOUR, "broadcast", "broadcast"],
    ["one that is not executed", broadcast20("verified"), HOUR, "execute and broadcast", undefined],
  ] as const)("over CCIP 2.0: %s", (_, message, age, where, elsewhere) => {
    const facts = { executionThreshold: undefined, age };
    expect(offered(message, { ...facts, findsVerifications: true })).toBe(where);
    if (elsewhere)
      expect(offered(message, { ...facts, findsVerifications: false })).toContain(elsewhere);
  });

  it.each([
    ["failed", broadcast("failed"), "nothing is left to repair"],
    ["never left", refused, "nothing is left to repair"],
    ["on its way", broadcast("committed"), undefined],
  ] as const)("are none once the chain has received a broadcast that %s", (_, message, note) => {
    const repairs = repairsOf(message, {
      epochThere: read(4n),
      executionThreshold: 8 * HOUR,
      findsVerifications: false,
      age: 9 * HOUR,
    });
    expect(repairs).toMatchObject({ execute: false, broadcast: false });
    if (note) expect(repairs.note).toContain(note);
    else expect(repairs.note).toBeUndefined();
  });

  const unknown = "Whether it needs repair is unknown until Satellite 2 is read.";
  it.each<[string, TrackedMessage | RefusedBroadcast, Reading<bigint>, string | undefined]>([
    ["a transfer there", tracked("transfer", unread(destination)), unread(destination), unknown],
    ["a broadcast there", tracked("broadcast", unread(destination)), unread(destination), unknown],
    ["a broadcast that never left", refused, unread(destination), unknown],
    [
      "a transfer that had failed",
      tracked("transfer", silent(read<MessageState>("failed"))),
      silent(read(3n)),
      unknown,
    ],
    ["a transfer that had arrived", transfer("executed"), silent(read(3n)), undefined],
    [
      "a broadcast that had been overtaken",
      tracked("broadcast", silent(read<MessageState>("sent"))),
      silent(read(4n)),
      undefined,
    ],
  ])("offer nothing for %s while its destination does not answer", (_, message, there, note) => {
    const facts = {
      epochThere: there,
      executionThreshold: undefined,
      findsVerifications: false,
      age: 9 * HOUR,
    };
    expect(repairsOf(message, facts)).toEqual({ execute: false, broadcast: false, note });
  });

  it("promise nothing that is unknown", () => {
    const facts = {
      epochThere: read(3n),
      executionThreshold: undefined,
      findsVerifications: false,
      age: 9 * HOUR,
    };
    expect(repairsOf(transfer("committed"), facts)).toEqual({
      execute: false,
      broadcast: false,
      note: undefined,
    });
  });
});
