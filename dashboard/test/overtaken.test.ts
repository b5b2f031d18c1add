import { describe, expect, it } from "vitest";

import type { MessageStore } from "../src/model/messages";
import { overtakenByEpoch, overtakenByTransfers } from "../src/model/overtaken";
import type { Receiver } from "../src/model/overtaken";

const SATELLITE = 11n;
const OTHER = 12n;
const HEAD = 1_000;

type Sent = MessageStore["sent"][number];
type Execution = MessageStore["executions"] extends ReadonlyMap<string, infer E> ? E : never;

const transfer = (messageId: string) => ({ messageId, tokens: [{}] }) as unknown as Sent;
const broadcast = (messageId: string) => ({ messageId, tokens: [] }) as unknown as Sent;

/** Returns home's arrivals, each in a transaction of its own, and the messages that were executed there. */
const home = (
  arrivals: readonly (readonly [source: bigint, time: number])[],
  executed: readonly (readonly [messageId: string, time: number])[],
  state: Execution["state"] = "success",
): Receiver => ({
  name: "local-home",
  arrivals: arrivals.map(([source, time]) => ({ source, time })),
  store: {
    sent: [],
    executions: new Map(
      executed.map(([messageId]) => [
        messageId,
        { messageId, state, transactionHash: `tx of ${messageId}` } as Execution,
      ]),
    ),
    times: new Map(executed.map(([messageId, time]) => [`tx of ${messageId}`, time])),
    blocks: new Map(),
  },
});

const told = (...sent: readonly Sent[]) => ({ selector: SATELLITE, time: HEAD, sent });

describe("An endpoint whose newest block is older than what other chains received from it", () => {
  it("is named, with what it is missing", () => {
    const receiver = home([[SATELLITE, HEAD + 60]], [["m1", HEAD + 60]]);
    expect(overtakenByTransfers(told(), [receiver])).toBe(
      "its endpoint lags behind: Home has had 1 transfer from there that it does not know of yet",
    );
  });

  it("is named when that arrived in the very second of its newest block", () => {
    const receiver = home([[SATELLITE, HEAD]], [["m1", HEAD]]);
    expect(overtakenByTransfers(told(), [receiver])).toContain("1 transfer ");
    expect(overtakenByTransfers(told(transfer("m1")), [receiver])).toBeUndefined();
  });

  it("is named when it shows another transfer that arrived since", () => {
    const receiver = home(
      [
        [SATELLITE, HEAD + 5],
        [SATELLITE, HEAD + 60],
      ],
      [
        ["m1", HEAD + 5],
        ["m2", HEAD + 60],
      ],
    );
    expect(overtakenByTransfers(told(transfer("m1")), [receiver])).toContain("1 transfer ");
  });

  it("is named when it shows another transfer whose execution failed", () => {
    const receiver = home([[SATELLITE, HEAD + 60]], [["m1", HEAD + 5]], "failure");
    expect(overtakenByTransfers(told(transfer("m1")), [receiver])).toContain("1 transfer ");
  });

  it.each<[string, Sent[], Receiver]>([
    [
      "everything that arrived is known",
      [transfer("m1")],
      home([[SATELLITE, HEAD + 60]], [["m1", HEAD + 60]]),
    ],
    ["it came from another chain", [], home([[OTHER, HEAD + 60]], [["m1", HEAD + 60]])],
    ["it arrived before the newest block", [], home([[SATELLITE, HEAD - 1]], [["m1", HEAD - 1]])],
    ["others' messages were executed, and none of the token's", [], home([], [["m1", HEAD + 60]])],
  ])("is trusted when %s", (_, sent, receiver) =>
    expect(overtakenByTransfers(told(...sent), [receiver])).toBeUndefined(),
  );

  it("is not trusted because of a broadcast, which carries no shares", () => {
    const receiver = home([[SATELLITE, HEAD + 60]], [["b1", HEAD + 60]]);
    expect(overtakenByTransfers(told(broadcast("b1")), [receiver])).toBeDefined();
  });
});

describe("A home endpoint at an older epoch than a satellite", () => {
  const satellites = (...epochs: bigint[]) =>
    epochs.map((epoch, i) => ({ name: `local-sat${i + 1}`, epoch }));

  it("is not trusted: satellites have their epochs from home", () =>
    expect(overtakenByEpoch(3n, satellites(3n, 4n))).toBe(
      "its endpoint lags behind: Satellite 2 is at epoch 4, and it still at 3",
    ));

  it("is trusted when no satellite has a newer epoch", () =>
    expect(overtakenByEpoch(4n, satellites(3n, 4n))).toBeUndefined());
});
