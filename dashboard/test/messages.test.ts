import { describe, expect, it } from "vitest";
import { toBeHex } from "ethers";
import type { Execution, ExecutionState, Message } from "ccip-localnet/protocol";

import { failedSince, lastRead, readAt, unread } from "../src/model/reading";
import type { Reading } from "../src/model/reading";
import { isOpen, trackMessages, waitsForVerifiers, withVerified } from "../src/model/messages";
import type { MessageFacts, MessageStore, TrackedMessage } from "../src/model/messages";

const HOME = {
  name: "local-home",
  selector: 1n,
  contracts: { token: "0x71", pool: "0xa1", broadcaster: "0xbc", proposalSender: "0x95" },
  previousPools: ["0xa0"],
};
const SAT = { name: "local-sat1", selector: 2n, contracts: { token: "0x72", pool: "0xa2" } };

/** Data of a pool: seven shares that left at epoch 3. */
const SHARES = toBeHex((1n << 248n) | (18n << 240n) | (3n << 208n) | 7n, 32);

const transferThrough = (sourcePool: string, extraData = SHARES) => [
  { sourcePool, extraData, destinationToken: "0x72", amount: 5n, destinationGas: 0n },
];

/** Returns a transfer of somebody from home to the satellite, number 8 of its lane. */
const messageOf = (change: object = {}) =>
  ({
    version: "1.6",
    messageId: "0x1",
    sourceSelector: 1n,
    destinationSelector: 2n,
    sequenceNumber: 8n,
    sender: "0xa11ce",
    tokens: transferThrough("0xa1"),
    onRamp: "0x0a",
    transactionHash: "0xf1",
    ...change,
  }) as unknown as Message;

const at = { source: SAT.name, block: 60n, time: 600 };
const readLogs: Reading<unknown> = readAt(undefined, at);
const silent = <T>(before: Reading<T>) =>
  failedSince(before, { source: SAT.name, since: 700, reason: "it does not answer" });

interface Known {
  readonly sent?: readonly Message[];
  readonly execution?: ExecutionState;
  readonly logs?: Reading<unknown>;
  /** The first number that the satellite has not committed, of the OnRamp of the messages. */
  readonly firstUncommitted?: bigint;
}

/** Tracks what home has sent, at 100 s; what was executed there was so in block 50, at 500 s. */
function track(known: Known = {}): TrackedMessage[] {
  const { sent = [messageOf()], execution, logs = readLogs, firstUncommitted = 0n } = known;
  const times = new Map(sent.map(({ transactionHash }, i) => [transactionHash, 100 + i]));
  const executed = { messageId: "0x1", state: execution, returnData: "0x", transactionHash: "0xe" };
  const stores = new Map<bigint, MessageStore>([
    [1n, { sent, executions: new Map(), times, blocks: new Map() }],
    [
      2n,
      {
        sent: [],
        executions: new Map(execution && [["0x1", executed as unknown as Execution]]),
        times: new Map([["0xe", 500]]),
        blocks: new Map([["0xe", 50]]),
      },
    ],
  ]);
  const facts: MessageFacts = {
    epochs: new Map([["0x1", 4n]]),
    logsOf: (selector) => (selector === 2n ? logs : readLogs),
    firstUncommitted: (destination, source) =>
      destination === 2n && source === 1n
        ? readAt(new Map([["0x0a", firstUncommitted]]), at)
        : unread("another lane"),
    errors: [],
  };
  return trackMessages([HOME, SAT], stores, facts);
}

const stateIn = (known: Known) => track(known).map(({ state }) => lastRead(state)?.value);

describe("The messages of the token", () => {
  it.each<[string, Known, string | undefined]>([
    ["is not committed", { firstUncommitted: 8n }, "sent"],
    ["is committed", { firstUncommitted: 9n }, "committed"],
    ["travels over CCIP 2.0", { sent: [messageOf({ version: "2.0" })] }, "sent"],
    ["was executed", { execution: "success", firstUncommitted: 9n }, "executed"],
    ["failed", { execution: "failure", firstUncommitted: 9n }, "failed"],
    ["goes to a chain that was not read", { logs: unread(SAT.name) }, undefined],
  ])("have a state: one that %s", (_, known, state) => {
    expect(stateIn(known)).toEqual([state]);
  });

  it("stay executed, and nothing else, while the destination does not answer", () => {
    const logs = silent(readLogs);
    const [executed] = track({ execution: "success", logs });
    expect(executed?.state).toMatchObject({ state: "read", value: "executed" });
    const [sent] = track({ logs });
    expect(sent?.state).toMatchObject({ state: "failed", last: { value: "sent" } });
  });

  it("are open while it is known that they were not executed", () => {
    expect(track({ firstUncommitted: 9n }).map(isOpen)).toEqual([true]);
    expect(track({ execution: "failure" }).map(isOpen)).toEqual([true]);
    expect(track({ execution: "success" }).map(isOpen)).toEqual([false]);
    expect(track({ logs: unread(SAT.name) }).map(isOpen)).toEqual([false]);
  });

  it("have the times and the block at which they were sent and executed", () => {
    const [executed] = track({ execution: "success" });
    expect(executed).toMatchObject({ sentAt: 100, settledAt: 500, settledBlock: 50 });
    expect(executed?.settledIn).toBe("0xe");
    const [sent] = track();
    expect(sent).toMatchObject({ sentAt: 100, settledAt: undefined, settledBlock: undefined });
  });

  it.each<[string, object, object[]]>([
    ["a transfer", {}, [{ kind: "transfer", shares: 7n, epoch: 3n }]],
    ["a transfer through a replaced pool", { tokens: transferThrough("0xa0") }, [{ shares: 7n }]],
    [
      "a transfer whose data cannot be read",
      { tokens: transferThrough("0xa1", "0x") },
      [{ kind: "transfer", shares: undefined }],
    ],
    ["a broadcast", { sender: "0xbc", tokens: [] }, [{ kind: "broadcast", shares: 0n, epoch: 4n }]],
    ["a proposal", { sender: "0x95", tokens: [] }, [{ kind: "proposal", shares: 0n }]],
    ["a transfer of another token", { tokens: transferThrough("0x5") }, []],
    ["a message to a chain outside of the mesh", { destinationSelector: 3n }, []],
  ])("include %s", (_, change, expected) => {
    const found = track({ sent: [messageOf(change)] });
    expect(found).toHaveLength(expected.length);
    expect(found).toMatchObject(expected);
  });

  it("are listed newest first", () => {
    const sent = ["0x1", "0x2", "0x3"].map((messageId) =>
      messageOf({ messageId, transactionHash: messageId }),
    );
    expect(track({ sent }).map(({ id }) => id)).toEqual(["0x3", "0x2", "0x1"]);
  });

  it("are verified only while they wait for verifiers", () => {
    const results = new Set(["0x1"]);
    const verified = (known: Known) =>
      withVerified(track(known), results).map(({ state }) => lastRead(state)?.value);
    const sent = [messageOf({ version: "2.0" })];
    expect(track({ sent }).map(waitsForVerifiers)).toEqual([true]);
    expect(verified({ sent })).toEqual(["verified"]);
    expect(verified({ sent, execution: "success" })).toEqual(["executed"]);
    expect(verified({ firstUncommitted: 8n })).toEqual(["sent"]);
    expect(withVerified(track({ sent }), new Set()).map(waitsForVerifiers)).toEqual([true]);
  });
});
